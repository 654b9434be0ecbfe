import { request as requestPlain } from 'node:http';
import { request as requestTls } from 'node:https';
import type { Settings } from '../../config/settings.js';
import { type Finding, ok, problem } from './finding.js';

const TIMEOUT_MS = 3_000;
const ANY_ADDRESS: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '::1' };

/** A port that the gateway takes, and what it says there when it runs. */
interface Port {
  readonly about: string;
  readonly host: string;
  readonly port: number;
  readonly isTls: boolean;
  readonly path: string;
  readonly isOurs: RegExp;
}

/** Whether the ports are free, or a gateway has them already. */
export async function portsCheck(settings: Settings): Promise<readonly Finding[]> {
  return Promise.all(portsOf(settings).map(findingOf));
}

function portsOf({ server, health, operators }: Settings): readonly Port[] {
  const main = {
    about: 'server.port',
    host: server.host,
    port: server.port,
    isTls: server.tls !== undefined,
    path: health.livePath,
    isOurs: /"status":"ok"/,
  };
  const own = {
    about: 'operators.port',
    host: operators.host,
    port: operators.enabled ? (operators.port ?? 0) : 0,
    isTls: false,
    path: '/status',
    isOurs: /"connections"/,
  };
  return [main, own].filter(({ port }) => port > 0);
}

async function findingOf(port: Port): Promise<Finding> {
  const place = `${port.host}:${port.port}`;
  try {
    const body = await bodyAt(port);
    if (port.isOurs.test(body)) return ok(port.about, `a gateway runs at ${place}`);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ECONNREFUSED') return ok(port.about, `${place} is free`);
    if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
      return problem(
        port.about,
        `${port.host} is no address of this machine`,
        'set the host to one, or to 0.0.0.0',
      );
  }
  return problem(port.about, `another program is at ${place}`, 'end it, or set another port');
}

function bodyAt({ host, port, isTls, path }: Port): Promise<string> {
  const options = {
    host: ANY_ADDRESS[host] ?? host,
    port,
    path,
    agent: false,
    timeout: TIMEOUT_MS,
    rejectUnauthorized: false, // it is this machine
  };
  return new Promise((resolve, reject) => {
    const request = (isTls ? requestTls : requestPlain)(options, (answer) => {
      answer.toArray().then((chunks) => resolve(Buffer.concat(chunks as Buffer[]).toString()), reject);
    });
    request.on('timeout', () => request.destroy(new Error('no answer'))).on('error', reject);
    request.end();
  });
}
