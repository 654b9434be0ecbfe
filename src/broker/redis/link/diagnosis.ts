import { connect, type Socket } from 'node:net';
import { connect as connectTls, type ConnectionOptions } from 'node:tls';
import type { RedisOptions } from 'ioredis';
import { faultText } from '../../broker.error.js';
import { SPEAKS_NO_TLS, SPEAKS_TLS } from './faults.js';

/** The time limit for each question to a port, in milliseconds. */
const ANSWER_MS = 1000;

interface Place {
  readonly host: string;
  readonly port: number;
}

/**
 * Finds out why a server that takes connections did not talk to us: which of the two sides speaks TLS, whether it wants
 * a certificate, or refuses other machines. To ioredis, all of that is a connection that ended, or no answer.
 * @param isSilent whether it took the connection and said nothing: unless we began with TLS, it hangs.
 * @param signal ends it.
 * @returns the fault, if it can be found.
 */
export async function diagnose(
  options: RedisOptions,
  isSilent: boolean,
  signal: AbortSignal,
): Promise<string | undefined> {
  const place = placeOf(options);
  if (!place || signal.aborted || (isSilent && !options.tls)) return undefined;
  const greeting = await heard(connect(place), signal, 'PING\r\n');
  if (greeting.text.startsWith('-DENIED')) return 'DENIED Redis is running in protected mode';
  if (/^[+-]/.test(greeting.text)) return options.tls ? SPEAKS_NO_TLS : undefined;
  if (isSilent) return undefined;
  const { tls } = options;
  const handshake = await heard(connectTls({ ...tls, ...place, ...(!tls && TRUSTING) }), signal);
  if (tls) return handshake.fault;
  return handshake.isSecure || /alert/.test(handshake.fault ?? '') ? SPEAKS_TLS : undefined;
}

/** Only to see whether there is TLS: nothing is sent. */
const TRUSTING: ConnectionOptions = { rejectUnauthorized: false };

function placeOf({ host, port, sentinels }: RedisOptions): Place | undefined {
  const sentinel = sentinels?.[0];
  if (sentinel?.host !== undefined && sentinel.port !== undefined) {
    return { host: sentinel.host, port: sentinel.port };
  }
  return host === undefined || port === undefined ? undefined : { host, port };
}

interface Heard {
  readonly text: string;
  readonly isSecure: boolean;
  readonly fault: string | undefined;
}

/** The first thing that a connection brings: some text, an error, or neither within the time limit. */
function heard(socket: Socket, signal: AbortSignal, question?: string): Promise<Heard> {
  return new Promise((resolve) => {
    let isSecure = false;
    const end = (text: string, fault?: string): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
      socket.destroy();
      resolve({ text, isSecure, fault });
    };
    const stop = (): void => end('');
    const timer = setTimeout(stop, ANSWER_MS);
    signal.addEventListener('abort', stop);
    socket.on('error', (error) => end('', faultText(error)));
    socket.once('close', stop).once('secureConnect', () => (isSecure = true));
    socket.once('data', (data: Buffer) => end(data.toString('latin1')));
    if (question !== undefined) socket.write(question);
  });
}
