import { type IncomingMessage, request as requestPlain } from 'node:http';
import { request as requestTls } from 'node:https';
import { TLSSocket } from 'node:tls';
import { messageOf } from '../../base/message-of.js';
import type { Settings } from '../../config/settings.js';
import { type AppAddress, appAddresses } from './app-address.js';
import { clockFindings } from './clock.js';
import { expiryFindings } from './expiry.js';
import { type Finding, ok, problem, warning } from './finding.js';

const TIMEOUT_MS = 5_000;

/** The answers to a method that a server does not know: that one does says that it is there. */
const METHOD_UNKNOWN = new Set([405, 501]);

/**
 * Asks each address of the app with `OPTIONS`, by which nothing is done (RFC 9110 section 9.2.1), with the headers and the
 * password that a callback has. What the app makes of a callback it does not tell.
 */
export async function appCheck(settings: Settings, signal: AbortSignal): Promise<readonly Finding[]> {
  const findings = await Promise.all(
    appAddresses(settings).map((address) => findingsOf(address, settings, signal)),
  );
  return together(findings.flat());
}

async function findingsOf(
  address: AppAddress,
  settings: Settings,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const { about, url } = address;
  try {
    const answer = await answerOf(address, signal);
    return [
      findingOf(address, answer),
      ...clockFindings(about, Date.parse(answer.headers.date ?? '') || Date.now(), settings),
      ...certificateFindings(about, answer),
    ];
  } catch (error) {
    const says = `${url.origin}: ${messageOf(error) || (error as NodeJS.ErrnoException).code}`;
    return [problem(about, says, 'start the app, or set where it is, as seen from here')];
  }
}

function findingOf(
  { about, url }: AppAddress,
  { statusCode: status = 0, headers }: IncomingMessage,
): Finding {
  const says = `${url.scrubbed} answers`;
  if (METHOD_UNKNOWN.has(status) || (status >= 200 && status < 300)) return ok(about, says);
  const withStatus = `${says} with ${status} to OPTIONS`;
  if (status >= 300 && status < 400)
    return warning(
      about,
      `${withStatus}, and leads to ${headers.location}`,
      'name the address that it leads to',
    );
  if (status === 401 || status === 403)
    return warning(
      about,
      withStatus,
      'see that it takes the user and password of the URL, and asks for no CSRF token',
    );
  if (status === 404)
    return warning(
      about,
      withStatus,
      'see that there is a route for POST; some frameworks answer so to OPTIONS alone',
    );
  return warning(about, withStatus, 'see the log of the app');
}

/** The head: the body is of no use. @throws what Node says of a connection that cannot be had. */
function answerOf({ url, headers }: AppAddress, signal: AbortSignal): Promise<IncomingMessage> {
  const { socketPath, authorization, path } = url;
  const isTls = url.origin.startsWith('https:');
  const options = {
    method: 'OPTIONS',
    agent: false,
    path,
    signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
    headers: { ...headers, ...(authorization !== undefined && { authorization }) },
    ...(socketPath !== undefined && { socketPath }),
  };
  const address = url.origin.startsWith('http+unix:') ? 'http://localhost' : url.origin;
  return new Promise((resolve, reject) => {
    const request = (isTls ? requestTls : requestPlain)(address, options, (answer) => {
      resolve(answer);
      answer.resume();
    });
    request.on('error', reject).end();
  });
}

function certificateFindings(about: string, { socket }: IncomingMessage): readonly Finding[] {
  if (!(socket instanceof TLSSocket)) return [];
  const certificate = socket.getPeerX509Certificate();
  return certificate ? expiryFindings(about, 'its certificate', certificate) : [];
}

/** Says once what holds for several addresses, such as that their host is down. */
function together(findings: readonly Finding[]): readonly Finding[] {
  const abouts = new Map<string, string[]>();
  for (const { state, says, about } of findings)
    abouts.set(`${state} ${says}`, [...(abouts.get(`${state} ${says}`) ?? []), about]);
  return findings.flatMap((finding) => {
    const [first, ...others] = abouts.get(`${finding.state} ${finding.says}`)!;
    if (finding.about !== first) return [];
    return [{ ...finding, about: others.length > 0 ? `${first} and ${others.length} more` : first }];
  });
}
