/** What the servers, the load generator and the runner agree on. */

export const HOST = '127.0.0.1';
export const WEBSOCKET_PATH = '/ws';

/** For how long the peers keep idle HTTP connections, as Fastify does: a publisher may wait longer than Node's 5 s. */
export const KEEP_ALIVE_MS = 72_000;

/** The key in `kittiwake.yaml`. The peers take publications from anybody, which is less work. */
export const API_KEY = 'bench-key-0123456789';

/** What the tokens of clients are signed with, in `kittiwake.yaml` too. */
export const TOKEN_SECRET = 'bench-secret-0123456789-0123456789';

/** Sequence numbers all have the same number of digits, so that all publications have the same size. */
export const FIRST_SEQUENCE = 1_000_000_000;
export const SEQUENCE_DIGITS = 10;
export const SEQUENCE_MARK = '"seq":';

export function topicName(number) {
  return `bench.t${number}`;
}

/** The JSON text of the data of a publication, `bytes` long. */
export function dataText(sequence, bytes) {
  const empty = JSON.stringify({ seq: sequence, text: '' });
  if (bytes < empty.length) throw new Error(`data cannot be smaller than ${empty.length} bytes`);
  return JSON.stringify({ seq: sequence, text: 'x'.repeat(bytes - empty.length) });
}
