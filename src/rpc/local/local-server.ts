import { Injectable, Logger } from '@nestjs/common';
import type { AddressInfo, Server } from 'node:net';
import type { Closable, Startable, Stoppable } from '../../base/lifetime.js';
import { isConfigured } from '../../config/configured.js';
import { ProceduresSettings } from '../../config/sections/procedures/procedures.settings.js';
import { Listeners } from '../../connection/upgrade/listeners.js';
import { ServiceSecret } from '../service-secret.js';
import { LineServer } from './line-server.js';
import { StateFolder } from './state-folder.js';
import { UnixFront } from './unix-front.js';

/** The host and port in the URL file where there is no TCP port, as Kettlingar writes it. */
const UNIX_ONLY = 'unix-domain:0';

/** Serves procedures to programs of the same user, over a Unix socket, a TCP port of its own, or both. */
@Injectable()
export class LocalServer implements Startable, Closable, Stoppable {
  private readonly logger = new Logger('Procedures');
  private readonly folder: StateFolder | undefined;
  private tcp: Server | undefined;
  private unix: UnixFront | undefined;

  constructor(
    private readonly settings: ProceduresSettings,
    private readonly secret: ServiceSecret,
    private readonly listeners: Listeners,
    private readonly lines: LineServer,
  ) {
    const { stateDir, worker } = settings.local;
    if (isConfigured(settings) && stateDir !== undefined) this.folder = new StateFolder(stateDir, worker);
  }

  /** Opens at the start; a process that takes over from another opens later, when everything else is ready. */
  async start(): Promise<void> {
    if (this.listeners.isSuccessor) return;
    await this.open();
    this.announce();
  }

  /** Listens as configured. @throws {StateError} @throws when the port cannot be listened on. */
  async open(): Promise<void> {
    if (!isConfigured(this.settings)) return;
    const { local } = this.settings;
    if (this.folder) process.once('exit', this.withdraw); // however the process ends
    this.folder?.open();
    if (local.port !== undefined) this.tcp = await this.listenOnPort(local.host, local.port);
    if (this.folder && local.socket) this.unix = await this.listenInFolder(this.folder, local);
  }

  /** Publishes the files by which programs find it; they then reach no predecessor any more. @throws {StateError} */
  announce(): void {
    const { folder } = this;
    if (!folder) return;
    folder.write('pid', `${process.pid}\n`);
    if (this.unix) folder.placeSocket();
    const { path = '' } = this.settings.local;
    if (this.unix || this.tcp) folder.write('url', `http://${this.address}${path}/${this.secret.value}`);
  }

  /** Stops listening, and waits for the answers to open calls, at most for the shutdown timeout. */
  async close(): Promise<void> {
    if (this.tcp?.listening) this.tcp.close();
    this.unix?.close();
    this.withdraw();
    await this.lines.answered();
  }

  stop(): void {
    this.lines.closeAll();
  }

  private readonly withdraw = (): void => {
    process.off('exit', this.withdraw);
    this.folder?.remove();
  };

  private async listenInFolder(
    folder: StateFolder,
    { descriptorsPerRequest }: ProceduresSettings['local'],
  ): Promise<UnixFront> {
    if (!this.listeners.isSuccessor) await folder.refuseIfTaken();
    const unix = new UnixFront(this.lines, folder, descriptorsPerRequest);
    await unix.open();
    return unix;
  }

  private async listenOnPort(host: string, port: number): Promise<Server> {
    const server = this.lines.acceptor();
    await this.listeners.listen(server, { name: 'local', host, port });
    // Failing to accept one connection is no reason to exit.
    return server.on('error', (error) =>
      this.logger.error(`a connection was not accepted: ${error.message}`),
    );
  }

  private get address(): string {
    if (!this.tcp) return UNIX_ONLY;
    const { address, family, port } = this.tcp.address() as AddressInfo;
    const isIpv6 = family === 'IPv6';
    const reachable = address === '0.0.0.0' ? '127.0.0.1' : address === '::' ? '::1' : address;
    return `${isIpv6 ? `[${reachable}]` : reachable}:${port}`;
  }
}
