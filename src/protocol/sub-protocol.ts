/** The WebSocket sub-protocol of clients that want what Kittiwake adds to the protocols it is compatible with. */
export const KITTIWAKE_V1 = 'kittiwake.v1.json';

/**
 * The prefix of a sub-protocol that carries a token: browsers can otherwise send one only in the URL, which ends up in
 * logs. It is offered beside {@link KITTIWAKE_V1} and never chosen.
 */
export const BEARER_PREFIX = 'kittiwake.bearer.';
