/** Frames of 1 MiB that are nothing but small arrays. */
const FRAMES = 10;
const frame = `{"event":"message","subscription":"open.1","data":[${'[],'.repeat(340_000)}[]]}`;

export async function attack(stranger) {
  const socket = await stranger.webSocket();
  await stranger.send(socket, [
    '{"event":"subscribe","subscription":"open.1"}',
    ...Array.from({ length: FRAMES }, () => frame),
  ]);
}
