import { anyValue } from '../support/any-value.js';
import type { Chance } from '../support/chance.js';
import { TestClient } from '../support/client.js';
import { SECRET } from '../support/rpc.js';
import { signToken } from '../support/tokens.js';
import type { Victim } from './victim.js';

const ALGORITHMS = ['HS256', 'HS384', 'HS512'];
const HEADERS = [
  {},
  {},
  { alg: 'none' },
  { alg: 'RS256' },
  { crit: ['x'] },
  { kid: '__proto__' },
  { b64: false },
  { alg: '' },
];
const SIGNS = ['.', '..', '=', '-', '_', '+', '/', '%2e', '%00', '%', 'e30', '\u00e9'];

interface Token {
  readonly text: string;
  /** Whether it is one that lets in. */
  readonly isGenuine: boolean;
  /** Whether it has to: others may be signed and yet say nothing of use. */
  readonly isPlain: boolean;
}

function anyToken(chance: Chance): Token {
  const isPlain = chance.below(6) === 0;
  const algorithm = isPlain ? 'HS256' : chance.of(ALGORITHMS);
  const header = isPlain ? {} : chance.of(HEADERS);
  const key = isPlain || chance.below(3) > 0 ? SECRET : 'another';
  const odd = { exp: anyValue(chance), nbf: anyValue(chance), iat: anyValue(chance), sub: anyValue(chance) };
  const claims = isPlain ? { sub: '1' } : chance.of([odd, anyClaims(chance), { sub: '1', exp: 1 }]);
  const token = signToken({ algorithm, key, claims, header });
  if (isPlain) return { text: token, isGenuine: true, isPlain };
  const text = chance.damaged(Buffer.from(token), SIGNS).toString();
  return { text, isGenuine: text === token && key === SECRET && algorithm === 'HS256', isPlain };
}

function anyClaims(chance: Chance): object | string {
  return chance.of([
    JSON.stringify(anyValue(chance)),
    '{',
    '',
    '[]',
    'null',
    '{"sub":"\\ud800"}',
    '{"exp":1e999}',
  ]);
}

/** A token in an event, or in a path: it is answered or refused, and none that nobody has signed lets in. */
export async function showToken(chance: Chance, victim: Victim): Promise<void> {
  const { text, isGenuine, isPlain } = anyToken(chance);
  const isIn = chance.below(2) === 0 ? await authenticates(victim, text) : await connects(victim, text);
  if (isPlain && !isIn) throw new Error(`it is not let in with ${text}`);
  if (isIn && !isGenuine) throw new Error(`it is let in with ${text}`);
}

async function authenticates(victim: Victim, token: string): Promise<boolean> {
  const client = await TestClient.connect(victim.server.url);
  try {
    client.send({ event: 'auth', method: 'jwt', token });
    await victim.until(() => client.frames.length > 0 || client.closed, `an answer to the token ${token}`);
    return client.frames[0]?.includes('"status":"ok"') ?? false;
  } finally {
    client.drop();
  }
}

async function connects(victim: Victim, token: string): Promise<boolean> {
  const path = `/rpc/token/${encodeURI(token).replaceAll('%25', '%')}`;
  let client: TestClient;
  try {
    client = await TestClient.connect(`ws://127.0.0.1:${victim.port}${path}`);
  } catch {
    return false;
  }
  client.send({ function_name: 'ping', parameters_list: [], marker: 1 });
  await victim.until(() => client.frames.length > 0 || client.closed, `an answer behind ${path}`);
  client.drop();
  return !client.closed;
}
