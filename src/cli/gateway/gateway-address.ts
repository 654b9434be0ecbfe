import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf } from '../../base/message-of.js';
import type { ProceduresLocalSettings } from '../../config/sections/procedures/local.settings.js';
import type { Settings } from '../../config/settings.js';
import { CommandError } from '../command-error.js';
import { EXIT } from '../exit-code.js';
import type { HttpAddress } from './gateway-http.js';

/** The address at which a gateway takes calls over HTTP. */
export interface RpcAddress extends HttpAddress {
  /** The start of all paths; empty, or with a leading and no trailing slash. */
  readonly prefix: string;
  /** The caller's bearer credential: the service secret, or a token. */
  readonly secret?: string;
}

/** The default of `procedures.path`; written here, as the settings take long to load. */
const USUAL_PATH = '/rpc';
/** Addresses to connect to, by the wildcard address that the gateway listens on. */
const REACHABLE: ReadonlyMap<string, string> = new Map([
  ['0.0.0.0', '127.0.0.1'],
  ['::', '::1'],
]);

/** The address that a URL names; one without a path means the usual one. @throws {CommandError} */
export function addressAt(url: string): RpcAddress {
  if (!URL.canParse(url) || !/^https?:/.test(url))
    throw new CommandError('--url is not a URL such as http://127.0.0.1:9000/rpc');
  const { origin, pathname } = new URL(url);
  const prefix = pathname.replace(/\/+$/, '');
  return { origin, prefix: prefix === '' ? USUAL_PATH : prefix };
}

/**
 * The address that a gateway has left in its state directory: its Unix socket, if it has one.
 * @throws {CommandError} when there is none.
 */
export function addressInState(
  stateDir: string,
  { worker }: Pick<ProceduresLocalSettings, 'worker'>,
): RpcAddress {
  const { origin, pathname } = new URL(contentOf(join(stateDir, `${worker}.url`)));
  const parts = pathname.split('/').filter(Boolean);
  const secret = parts.pop();
  const prefix = parts.map((part) => `/${part}`).join('');
  const socketPath = join(stateDir, `${worker}.sock`);
  return {
    origin,
    prefix,
    ...(secret !== undefined && { secret }),
    ...(existsSync(socketPath) && { socketPath }),
  };
}

/** The main port. @throws {CommandError} when it is not known before the gateway starts. */
export function mainAddress({ server: { host, port, tls } }: Settings): HttpAddress {
  if (port === 0) throw new CommandError('server.port is 0, any free port: say with --url which it is');
  return { origin: `${tls ? 'https' : 'http'}://${reachable(host)}:${port}` };
}

/** The port for operators; nothing when there is none, or when it is not known before the gateway starts. */
export function operatorsAddress({ operators }: Settings): HttpAddress | undefined {
  const { enabled, host, port = 0 } = operators;
  return enabled && port !== 0 ? { origin: `http://${reachable(host)}:${port}` } : undefined;
}

function reachable(host: string): string {
  const address = REACHABLE.get(host) ?? host;
  return address.includes(':') ? `[${address}]` : address;
}

function contentOf(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (cause) {
    const isMissing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
    throw isMissing
      ? new CommandError(`no gateway is running: there is no ${file}`, EXIT.notRunning, { cause })
      : new CommandError(messageOf(cause), EXIT.io, { cause });
  }
}
