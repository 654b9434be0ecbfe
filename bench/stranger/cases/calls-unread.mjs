/** 500 calls with an answer of 64 KiB each, in one go over one connection that is never read. */
import { post } from '../post.mjs';

const CALLS = 500;
const call = post('/rpc/echo', 'application/json', JSON.stringify({ text: 'x'.repeat(65_000) }));

export async function attack(stranger) {
  await stranger.tcp(Buffer.concat(Array.from({ length: CALLS }, () => call)), { isReading: false });
}
