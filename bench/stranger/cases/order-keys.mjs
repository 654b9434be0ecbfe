/** Listens to a topic on which the app publishes 100,000 times, each with an order key of its own of 1 KiB. */
import { once } from 'node:events';
import { publish } from '../post.mjs';

const REQUESTS = 125;
const PER_REQUEST = 800;
const key = 'k'.repeat(1000);

export async function attack(stranger) {
  const socket = await stranger.webSocket();
  await stranger.send(socket, ['{"event":"subscribe","subscription":"open.1"}']);
  await once(socket, 'message');
  const last = new Promise((resolve) =>
    socket.on('message', (data) => data.includes(`"data":${REQUESTS * PER_REQUEST - 1},`) && resolve()),
  );
  for (let i = 0; i < REQUESTS; i++) {
    const publications = Array.from({ length: PER_REQUEST }, (_, j) => {
      const data = i * PER_REQUEST + j;
      return { subscription: 'open.1', data, options: { order: 1, order_key: `${key}${data}` } };
    });
    const request = await stranger.tcp(publish(publications));
    await once(request, 'data');
    request.destroy();
  }
  await Promise.race([last, once(socket, 'close')]);
}
