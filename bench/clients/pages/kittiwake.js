import { createClient, topic } from '../../../client/dist/index.js';

export function follow({ onMessage, onConnected }) {
  const client = createClient({ url: 'ws://gateway/ws' });
  client.on('state', (state) => onConnected(state === 'live'));
  topic(client, 'books.1').on('update', onMessage);
}
