/** Asks for the description of the API 1,500 times in one go and never reads an answer. */
const REQUESTS = 1500;

export async function attack(stranger) {
  await stranger.tcp(
    Buffer.from('GET /kittiwake/openapi.json HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(REQUESTS)),
    { isReading: false },
  );
}
