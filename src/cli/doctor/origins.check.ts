import type { Settings } from '../../config/settings.js';
import { messageOf } from '../../base/message-of.js';
import { type Finding, ok, warning } from './finding.js';

const ABOUT = 'origins';
const TIMEOUT_MS = 3_000;
const LOOPBACK = /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/;

/** Whether pages are where they are said to come from. Those of patterns cannot be asked for. */
export async function originsCheck({ origins }: Settings, signal: AbortSignal): Promise<readonly Finding[]> {
  if (origins.length === 0)
    return [
      warning(
        ABOUT,
        'none: only pages of the gateway’s own host may connect',
        'name where your pages come from',
      ),
    ];
  return Promise.all(origins.map((origin) => findingOf(origin, signal)));
}

async function findingOf(origin: string, signal: AbortSignal): Promise<Finding> {
  if (!URL.canParse(origin) || origin.includes('*'))
    return ok(ABOUT, origin === '*' ? 'any page may connect' : `pages of ${origin} may connect`);
  const { protocol, hostname } = new URL(origin);
  const isLocal = LOOPBACK.test(hostname);
  if (protocol === 'http:' && !isLocal)
    return warning(
      ABOUT,
      `${origin} is plain HTTP: who is in between can read and change its pages`,
      'serve them over HTTPS',
    );
  const fault = await faultOf(origin, signal);
  if (fault !== undefined)
    return warning(
      ABOUT,
      `no page is at ${origin}, as seen from here: ${fault}`,
      'compare it with the address bar of the page',
    );
  return ok(
    ABOUT,
    `pages of ${origin} may connect${isLocal ? '; to browsers, localhost and 127.0.0.1 are two' : ''}`,
  );
}

/** Any answer will do. */
async function faultOf(origin: string, signal: AbortSignal): Promise<string | undefined> {
  try {
    await fetch(origin, {
      method: 'HEAD',
      redirect: 'manual',
      signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
    });
    return undefined;
  } catch (error) {
    return messageOf((error as Error).cause ?? error) || 'no answer';
  }
}
