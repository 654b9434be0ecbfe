/** Pings whose answers are never read. */
const PINGS = 40_000;
const frame = JSON.stringify({ event: 'ping', data: 'x'.repeat(128), id: 1 });

export async function attack(stranger) {
  const socket = await stranger.webSocket();
  socket.pause();
  await stranger.send(
    socket,
    Array.from({ length: PINGS }, () => frame),
  );
}
