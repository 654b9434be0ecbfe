/** A procedure is called over HTTP with a million empty maps in MessagePack. */
import { post } from '../post.mjs';

const MAPS = 1_000_000;
const head = Buffer.from([0x81, 0xa5, ...Buffer.from('_args'), 0xdd, 0, 0, 0, 0]);
head.writeUInt32BE(MAPS, head.length - 4);
const body = Buffer.concat([head, Buffer.alloc(MAPS, 0x80)]);

export async function attack(stranger) {
  await stranger.tcp(post('/rpc/echo', 'application/x-msgpack', body));
}
