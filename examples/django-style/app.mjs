/** The help desk: a plain HTTP app with a session cookie. Kittiwake holds the WebSockets and asks it who may join what. */
import { createServer } from 'node:http';
import { HttpError, sendJson } from '../bookshop/http.mjs';
import { Online } from './online.mjs';
import { pagesOf } from './pages.mjs';
import { ONLINE_ROOM } from './rooms.mjs';
import { Sessions } from './sessions.mjs';
import { readSettings } from './settings.mjs';
import { trigger } from './trigger.mjs';
import { apiOf } from './views.mjs';

const settings = readSettings(process.env);
const online = new Online((names) => void trigger(settings, [ONLINE_ROOM], { online: names }));
const api = apiOf({
  sessions: new Sessions(),
  online,
  trigger: (rooms, data) => trigger(settings, rooms, data),
});
const routes = [...api, ...(await pagesOf(settings.webSocketUrl))];

/** @param {import('node:http').IncomingMessage} request @param {import('node:http').ServerResponse} response */
async function answer(request, response) {
  const path = (request.url ?? '').split('?', 1)[0] ?? '';
  for (const [method, pattern, view] of routes) {
    const match = request.method === method ? pattern.exec(path) : null;
    if (match) return view(request, response, match[1] ?? '');
  }
  throw new HttpError(404, 'There is nothing here.');
}

/** @param {import('node:http').ServerResponse} response @param {unknown} error */
function sendError(response, error) {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  if (error instanceof HttpError) {
    sendJson(response, error.status, { error: error.message }, error.headers);
    return;
  }
  console.error(error);
  sendJson(response, 500, { error: 'The help desk made a mistake.' });
}

const server = createServer((request, response) => {
  answer(request, response).catch((error) => sendError(response, error));
});
server.listen(settings.port, settings.host);

for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => {
    server.close(() => process.exit(0));
    server.closeAllConnections();
  });
}
