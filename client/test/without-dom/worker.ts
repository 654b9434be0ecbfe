import { call, createClient, topic } from 'kittiwake-client';
import { fakeServer } from 'kittiwake-client/testing';

const client = createClient({ url: 'ws://127.0.0.1/ws', transports: [fakeServer().transport] });
topic(client, 'books.1').on('update', (update) => void call(client, 'seen', [update]));
