/** 200 connections that each send a body of almost 1 MiB under a wrong key, but for its last byte. */
const CONNECTIONS = 200;
const BODY_BYTES = (1 << 20) - 1;
const PATHS = ['/publish', '/disconnect', '/unsubscribe', '/revoke'];

export async function attack(stranger) {
  for (let i = 0; i < CONNECTIONS; i++) await stranger.tcp(requestFor(PATHS[i % PATHS.length]));
}

function requestFor(path) {
  const head = `POST ${path} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer wrong\r\nContent-Type: application/json\r\nContent-Length: ${BODY_BYTES}\r\n\r\n`;
  return Buffer.concat([Buffer.from(head), Buffer.alloc(BODY_BYTES - 1, ' ')]);
}
