/** 2,000 forged tokens in one go, of the algorithm that is dearest to check. */
const TOKENS = 2000;
const encode = (value) => Buffer.from(value).toString('base64url');
const claims = encode(JSON.stringify({ sub: 'eve', exp: Math.floor(Date.now() / 1000) + 3600 }));
// Both halves below the order of the curve: others are refused before any work.
const half = Buffer.concat([Buffer.alloc(1), Buffer.alloc(65, 7)]);
const signature = encode(Buffer.concat([half, half]));
const token = `${encode('{"alg":"ES512","typ":"JWT"}')}.${claims}.${signature}`;

export async function attack(stranger) {
  const socket = await stranger.webSocket();
  await stranger.send(
    socket,
    Array.from({ length: TOKENS }, () => `{"event":"auth","method":"jwt","token":"${token}"}`),
  );
}
