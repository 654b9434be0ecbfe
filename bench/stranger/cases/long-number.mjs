/** Calls with a number of 1,000,000 digits. */
const DIGITS = 1_000_000;

export async function attack(stranger) {
  const socket = await stranger.webSocket();
  await stranger.send(socket, [
    `{"event":"call","procedure":"echo","parameters":[${'7'.repeat(DIGITS)}],"id":1}`,
  ]);
}
