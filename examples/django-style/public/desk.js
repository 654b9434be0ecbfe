import { createClient, join } from '/client.js';
import { get, post } from './api.js';

const byId = (id) => document.getElementById(id);

function item(text, testId) {
  const element = document.createElement('li');
  element.textContent = text;
  element.dataset.testid = testId;
  return element;
}

/** The desk knows each connection of a page by an id of its own: `headers` in kittiwake.yaml. */
const client = createClient({ url: () => `${document.body.dataset.gateway}?page=${crypto.randomUUID()}` });
const rooms = [];

/** Joins every room that the visitor may join, which is what the desk tells Kittiwake, too. */
async function begin() {
  const { allowed_rooms: allowed } = await get('/api/bootstrap/').catch(() => ({}));
  if (!allowed) {
    byId('state').textContent = 'Refused: sign in first';
    return;
  }
  for (const room of allowed) {
    const joined = join(client, room);
    rooms.push(joined);
    joined.on('status', showState);
    if (room.target === 'message') joined.on('data', showMessage);
    else followOnline(joined);
  }
}

function showState() {
  const is = (status) => rooms.some((room) => room.status === status);
  if (is('ended')) byId('state').textContent = 'Some rooms are closed to you now';
  else if (is('stale')) byId('state').textContent = 'Reconnecting';
  else if (!is('joining')) byId('state').textContent = 'Live';
}

/** Once in the room no change is missed, but what was before has to be asked for, and after each reconnection. */
function followOnline(room) {
  /** Whether we were told since we asked: then the answer may be older. */
  let isTold = false;
  const show = ({ online }) => byId('online').replaceChildren(...online.map((name) => item(name, 'person')));
  room.on('data', (data) => {
    isTold = true;
    show(data);
  });
  room.on('status', async (status) => {
    if (status !== 'live') return;
    isTold = false;
    const answer = await get('/api/online/');
    if (!isTold) show(answer);
  });
}

function showMessage({ customer, from, text }) {
  byId('messages').prepend(item(`Customer ${customer}, from ${from}: ${text}`, 'message'));
}

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

await begin();
