import { readFileSync } from 'node:fs';
import { tableBelow } from '../../test/support/markdown-table.js';
import { ROOM_ERRORS } from './room-errors.js';

const reference = readFileSync(new URL('../../docs/rooms-protocol.md', import.meta.url), 'utf8');

describe('the errors that clients of rooms are told', () => {
  const errors = Object.values(ROOM_ERRORS).map((make) => make());

  it('are those of the protocol reference', () => {
    const documented = tableBelow('## Errors', reference).map(({ Message }) => Message);

    expect(documented).toEqual(errors.map(({ message }) => message));
  });

  it('have codes of their own', () => {
    expect(new Set(errors.map(({ code }) => code)).size).toBe(errors.length);
  });
});
