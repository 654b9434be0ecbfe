import { once } from 'node:events';
import { createServer } from 'node:http';

/** An app that allows everything, and echoes what it is called with. */
export async function startApp() {
  const server = createServer(async (request, response) => {
    const body = await request.toArray();
    response.setHeader('content-type', 'application/json');
    response.end(request.url === '/echo' ? Buffer.concat(body) : '{"status":"ok"}');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    stop: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
