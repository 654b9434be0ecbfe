/** 4,900 subscriptions of which the app is asked, in one go. */
const TOPICS = 4900;

export async function attack(stranger) {
  const socket = await stranger.webSocket();
  await stranger.send(
    socket,
    Array.from({ length: TOPICS }, (_, i) => `{"event":"subscribe","subscription":"asked.${i}"}`),
  );
}
