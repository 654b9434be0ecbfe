import type { Chance } from '../support/chance.js';
import { eventIn } from '../support/stream-client.js';
import { anyEvent } from './events.js';
import type { Victim } from './victim.js';

const STATUSES = new Set([200, 204, 400, 403, 404, 405, 409, 413, 415, 426, 429]);
const NUMBERS = [
  '0',
  '1',
  '2',
  '-1',
  '1e3',
  '00',
  '999999999999999',
  '9'.repeat(400),
  '',
  'NaN',
  '0&n=1',
  '%00',
];
const METHODS = ['POST', 'POST', 'POST', 'POST', 'PUT', 'GET', 'OPTIONS', 'DELETE'];
const HEADERS: Record<string, string>[] = [
  {},
  {},
  { Origin: 'null' },
  { 'Content-Type': 'application/json' },
  { 'Content-Encoding': 'gzip' },
  { 'Accept-Encoding': 'gzip', Accept: 'text/html' },
];

/** A client over plain HTTP that sends frames and requests, damaged or not; what it gets are events whose data are JSON. */
export async function useSession(chance: Chance, victim: Victim): Promise<void> {
  const url = `http://127.0.0.1:${victim.port}/ws/stream`;
  const opened = await fetch(`${url}?wait=${chance.below(2)}`, { method: 'POST' });
  const text = await opened.text();
  const session = eventIn(text.split('\n\n')[0]!)!.data;
  let n = 0;
  let ack: string | undefined = '1';
  for (let left = 1 + chance.below(12); left > 0; left--) {
    const frames = Array.from({ length: chance.below(5) }, () =>
      chance.damaged(anyEvent(chance), ['\n', '\r', '\0', '"']),
    );
    const body = Buffer.concat(frames.flatMap((frame) => [frame, Buffer.from('\n')]));
    const lines = body
      .toString('latin1')
      .split('\n')
      .filter((line) => line.replace(/\r$/, '') !== '').length;
    const isMeant = chance.below(2) === 0;
    const response = isMeant
      ? await fetch(`${url}/${session}?n=${n}`, { method: 'POST', body })
      : await fetch(`${url}/${anyPath(chance, session)}`, {
          method: chance.of(METHODS),
          headers: chance.of(HEADERS),
        });
    const what = `${response.status} to ${response.url} after ${JSON.stringify(frames.map(String))}`;
    if (!STATUSES.has(response.status)) throw new Error(what);
    if (isMeant && response.status === 204) n += lines;
    await response.arrayBuffer();
    if (response.status === 404 && isMeant) return; // it was told goodbye, or closed
    ack = await polled(`${url}/${session}?wait=0&ack=${ack}`);
    if (ack === undefined) return;
  }
  await fetch(`${url}/${session}`, { method: 'DELETE' });
}

function anyPath(chance: Chance, session: string): string {
  const name = chance.of([
    session,
    session,
    session.slice(1),
    `${session}/`,
    '..',
    '%2e',
    `${session.slice(0, 22)}AAAAAAAA`,
  ]);
  const query = chance.of(['n', 'n', 'wait', 'ack', 'x']);
  return `${name}?${query}=${chance.of(NUMBERS)}&${chance.of(['a', 'ack', 'wait'])}=${chance.of(NUMBERS)}`;
}

/** Reads what has come. @returns the number of the answer; nothing when the session is over. */
async function polled(url: string): Promise<string | undefined> {
  const response = await fetch(url, { method: 'POST' });
  const text = await response.text();
  if (response.status === 404) return undefined;
  for (const block of text.split('\n\n')) {
    const data = eventIn(block)?.data ?? '';
    if (data !== '' && response.status === 200) JSON.parse(data);
  }
  // A poll of its own that made no sense may have taken the answer: then the one before it is acknowledged.
  return /(?:^|\n\n)id: (\d+)\n\n$/.exec(text)?.[1] ?? new URL(url).searchParams.get('ack')!;
}
