import { readFileSync } from 'node:fs';
import { isFinal } from '../src/close-codes.js';
import { CLOSE_REASONS } from '../../src/protocol/close-reason.js';

const ROOT = new URL('../../', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, ROOT), 'utf8');

/** The codes in the first column of the tables below a heading. */
function codesIn(document: string, heading: string): string[] {
  const [, after = ''] = document.split(`# ${heading}\n`);
  const [section = ''] = after.split('\n## ');
  return [...section.matchAll(/^\| `(\w+)` /gm)].map(([, code]) => code!);
}

describe('the tables of the client', () => {
  it.each(Object.values(CLOSE_REASONS))(
    'say of $name ($code) what the gateway says',
    ({ code, reconnect }) => {
      expect(isFinal(code)).toBe(!reconnect);
    },
  );

  it('have every error code of the gateway, and no other', () => {
    const [, type = ''] = /export type GatewayErrorCode =([^;]*);/.exec(read('client/src/errors.ts')) ?? [];
    const known = [...type.matchAll(/'(\w+)'/g)].map(([, code]) => code!);
    const told = [
      ...codesIn(read('docs/protocol.md'), 'Errors'),
      ...codesIn(read('docs/procedures-protocol.md'), 'Errors'),
      ...codesIn(read('docs/procedures-protocol.md'), 'Kept calls'),
    ].filter((code) => !['bad_request', 'invalid_frame'].includes(code));
    expect(known.toSorted()).toEqual([...new Set(told)].toSorted());
  });

  it('name the sub-protocol of the gateway', () => {
    const [, name] = /KITTIWAKE_V1 = ('.*')/.exec(read('src/protocol/sub-protocol.ts')) ?? [];
    expect(read('client/src/transport/web-socket.ts')).toContain(`SUB_PROTOCOL = ${name}`);
  });
});
