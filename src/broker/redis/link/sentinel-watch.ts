import { lookup } from 'node:dns/promises';
import { Redis, type RedisOptions } from 'ioredis';
import { destroyClient } from './connection.js';

/** A Sentinel's channel for a change of master: `<name> <old host> <old port> <new host> <new port>`. */
const SWITCH = '+switch-master';
/** The wait between attempts to reach a Sentinel that is away, in milliseconds. */
const RETRY_MS = 1000;

/**
 * Hears from the Sentinels that another server has become the master. The old one cannot be asked while it hangs, and
 * when it comes back it believes for ten seconds more that nothing has happened.
 */
export class RedisSentinelWatch {
  private readonly clients: readonly Redis[];
  private isClosed = false;

  /**
   * @param master a connection to the server that is the master so far.
   * @param onChange called at most once, with the change in words.
   */
  constructor(
    private readonly options: RedisOptions,
    private readonly master: Redis,
    private readonly onChange: (fault: string) => void,
  ) {
    this.clients = (options.sentinels ?? []).map(({ host, port }) => this.listen(host, port));
  }

  close(): void {
    this.isClosed = true;
    for (const client of this.clients) destroyClient(client);
  }

  private listen(host: string | undefined, port: number | undefined): Redis {
    const { sentinelPassword, sentinelTLS, connectTimeout } = this.options;
    const client = new Redis({
      ...(host !== undefined && { host }),
      ...(port !== undefined && { port }),
      ...(sentinelPassword !== undefined && { password: sentinelPassword }),
      ...(sentinelTLS && { tls: sentinelTLS }),
      ...(connectTimeout !== undefined && { connectTimeout }),
      retryStrategy: () => RETRY_MS,
      enableReadyCheck: false,
      autoResubscribe: false,
      disableClientInfo: true,
      protocol: 2,
      replyMapping: 'legacy',
    });
    // Silent: another Sentinel or the next attempt will do.
    client.on('error', () => undefined);
    client.on('ready', () => void client.subscribe(SWITCH).catch(() => undefined));
    client.on('message', (_channel, text) => void this.hear(text));
    return client;
  }

  private async hear(text: string): Promise<void> {
    const [name, , , host = '', port] = text.split(' ');
    // A Sentinel that learns of a change late may name the server that this link is connected to.
    if (name !== this.options.name || (await this.isMaster(host, Number(port))) || this.isClosed) return;
    this.close();
    this.onChange(`the Sentinels have made ${host}:${port} the master`);
  }

  private async isMaster(host: string, port: number): Promise<boolean> {
    const { remoteAddress, remotePort } = this.master.stream as {
      remoteAddress?: string;
      remotePort?: number;
    };
    if (port !== remotePort) return false;
    const found = await lookup(host).catch(() => undefined);
    return found?.address === remoteAddress;
  }
}
