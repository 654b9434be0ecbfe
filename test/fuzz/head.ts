import { RequestHead } from '../../src/push/front/request-head.js';
import type { Chance } from '../support/chance.js';
import { anyRequest, TARGETS } from './http-bytes.js';
import { parsedByNode } from './node-parser.js';

const NEXT = 'GET /next HTTP/1.1\r\nHost: a\r\n\r\n';
const BODY = Buffer.from('{"a": 1}');

/** What reads heads; see {@link RequestHead}. */
export type HeadReader = Pick<
  RequestHead,
  'read' | 'line' | 'end' | 'bodyLength' | 'authorizationStart' | 'authorizationEnd'
>;

/** Of one head: what is complete is what Node takes, with the same framing, and what is incomplete is not whole. */
export async function expectAsNode(head: HeadReader, bytes: Buffer): Promise<boolean> {
  const state = head.read(bytes, 0);
  if (state === 'incomplete') expect(await parsedByNode(bytes)).toEqual([]);
  if (state !== 'complete' || head.bodyLength > 100_000) return false;
  const { line, end, bodyLength, authorizationStart: start, authorizationEnd } = head;
  const authorization = bytes.toString('latin1', start, authorizationEnd);
  const body = Buffer.alloc(bodyLength, BODY);
  const requests = await parsedByNode(Buffer.concat([bytes.subarray(0, end), body, Buffer.from(NEXT)]));
  expect(requests.map(({ authorization = '', ...request }) => ({ ...request, authorization }))).toEqual([
    {
      method: 'POST',
      url: TARGETS[line],
      authorization,
      asks: ['request', 'keep-alive'],
      body: body.toString(),
    },
    expect.objectContaining({ url: '/next' }),
  ]);
  return true;
}

/** @returns how many of them were complete. */
export async function fuzzHeads(head: HeadReader, chance: Chance, count: number): Promise<number> {
  let complete = 0;
  for (let left = count; left > 0; left--) {
    const bytes = anyRequest(chance);
    const length = chance.below(4) === 0 ? chance.below(bytes.length) : bytes.length;
    if (await expectAsNode(head, bytes.subarray(0, length))) complete++;
  }
  return complete;
}
