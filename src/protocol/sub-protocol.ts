/** The WebSocket sub-protocol of clients that want what Kittiwake adds to the protocols it is compatible with. */
export const KITTIWAKE_V1 = 'kittiwake.v1.json';
