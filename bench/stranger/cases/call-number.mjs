/** A procedure is called over HTTP with numbers of 100,000 digits, as many as a body takes. */
import { post } from '../post.mjs';

export async function attack(stranger) {
  await stranger.tcp(
    post('/rpc/echo', 'application/json', `{"_args":[${Array(10).fill('7'.repeat(100_000)).join()}]}`),
  );
}
