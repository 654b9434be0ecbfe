/** 4,900 frames that are not JSON. */
const FRAMES = 4900;

export async function attack(stranger) {
  const socket = await stranger.webSocket();
  await stranger.send(
    socket,
    Array.from({ length: FRAMES }, () => '{"event": nonsense}'),
  );
}
