import { once } from 'node:events';
import http from 'node:http';
import { HOST } from '../wire.mjs';

const ANSWER = JSON.stringify({ allowed_rooms: [{ target: '*' }] });

/** The app behind rooms, which lets everybody into every room: `{ url, stop }`. */
export async function startRoomsApp() {
  const server = http.createServer((_, response) => response.end(ANSWER)).listen(0, HOST);
  await once(server, 'listening');
  return {
    url: `http://${HOST}:${server.address().port}/`,
    async stop() {
      server.close();
      server.closeAllConnections();
    },
  };
}
