/** 200 connections with a list of 10 KB each in a filter field, and 100 publications of which each has to be compared. */
import { once } from 'node:events';
import { publish } from '../post.mjs';

const CONNECTIONS = 200;
const PUBLICATIONS = 100;
const list = (last) => [...Array.from({ length: 2500 }, (_, i) => i % 1000), last];

export async function attack(stranger) {
  for (let i = 0; i < CONNECTIONS; i++) {
    const socket = await stranger.webSocket();
    await stranger.send(socket, [
      JSON.stringify({ event: 'subscribe', subscription: 'extra.1', q: list(i) }),
    ]);
  }
  for (let i = 0; i < PUBLICATIONS; i++) {
    const request = await stranger.tcp(publish({ subscription: 'extra.1', data: i, q: list('nobody') }));
    await once(request, 'data');
    request.destroy();
  }
}
