import { readFileSync } from 'node:fs';
import { tableBelow } from '../../test/support/markdown-table.js';
import { CLOSE_REASONS } from './close-reason.js';

const MAX_TEXT_BYTES = 123;
const reference = readFileSync(new URL('../../docs/protocol.md', import.meta.url), 'utf8');

describe('the reasons for which the gateway closes a connection', () => {
  it('are those of the protocol reference', () => {
    const documented = tableBelow('## Close codes', reference).map(({ Name, Code, Text, Reconnect }) => ({
      name: Name,
      code: Number(Code),
      text: Text,
      reconnect: Reconnect === 'yes',
    }));

    const known = Object.values(CLOSE_REASONS).map(({ name, code, text, reconnect }) => ({
      name,
      code,
      text,
      reconnect,
    }));
    expect(documented).toEqual(known);
  });

  it.each(Object.values(CLOSE_REASONS))('fit into a close frame: $name', ({ text }) => {
    // RFC 6455 section 5.5: 125 bytes of payload, two of which are the code.
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(MAX_TEXT_BYTES);
  });

  it.each(Object.values(CLOSE_REASONS))('have a code that may be sent: $name', ({ code }) => {
    // RFC 6455 section 7.4: the codes between are reserved, or for libraries; 1004 to 1006 and 1015 are never sent.
    const isOfProtocol = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014].includes(
      code,
    );
    expect(isOfProtocol || (code >= 4000 && code <= 4999)).toBe(true);
  });

  it('have names of their own', () => {
    const names = Object.values(CLOSE_REASONS).map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
  });

  it('of one code and text do not differ in what a client should do', () => {
    const advice = new Map<string, boolean>();
    for (const { code, text, reconnect } of Object.values(CLOSE_REASONS)) {
      expect(advice.get(`${code} ${text}`) ?? reconnect).toBe(reconnect);
      advice.set(`${code} ${text}`, reconnect);
    }
  });
});
