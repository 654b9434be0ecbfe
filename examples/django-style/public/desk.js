import { get, post } from './api.js';
import { RoomsSocket } from './rooms-socket.js';

const byId = (id) => document.getElementById(id);

function item(text, testId) {
  const element = document.createElement('li');
  element.textContent = text;
  element.dataset.testid = testId;
  return element;
}

function showOnline(names) {
  byId('online').replaceChildren(...names.map((name) => item(name, 'person')));
}

function showMessage({ customer, from, text }) {
  byId('messages').prepend(item(`Customer ${customer}, from ${from}: ${text}`, 'message'));
}

const url = new URL(document.body.dataset.roomsUrl);
url.searchParams.set('page', crypto.randomUUID());

/** Whether we were told who is here since we asked: then the answer may be older. */
let isOnlineTold = false;

new RoomsSocket(url, {
  onState: (text) => (byId('state').textContent = text),
  // Once in the room no change is missed, but what was before has to be asked for.
  onJoined: async ({ target }) => {
    if (target !== 'online') return;
    isOnlineTold = false;
    const { online } = await get('/api/online/');
    if (!isOnlineTold) showOnline(online);
  },
  onData: ({ target }, data) => {
    if (target === 'message') showMessage(data);
    else {
      isOnlineTold = true;
      showOnline(data.online);
    }
  },
}).connect();

byId('message-form').addEventListener('submit', async (event) => {
  event.preventDefault();
  const { customer, text } = Object.fromEntries(new FormData(event.target));
  try {
    await post(`/api/customers/${encodeURIComponent(customer)}/messages/`, { text });
    byId('note').textContent = '';
    event.target.reset();
  } catch (error) {
    byId('note').textContent = error.message;
  }
});

byId('logout').addEventListener('click', async () => {
  await post('/api/logout/');
  location.assign('/login/');
});
