/** 20 events that name 1,000 topics each, none of which exists: 1,000 answers for 4 KiB. */
const EVENTS = 20;
const topics = JSON.stringify(Array.from({ length: 1000 }, (_, i) => `no.${i % 10}${i}`));

export async function attack(stranger) {
  const socket = await stranger.webSocket();
  await stranger.send(
    socket,
    Array.from({ length: EVENTS }, (_, id) => `{"event":"subscribe","subscriptions":${topics},"id":${id}}`),
  );
}
