import { readFileSync } from 'node:fs';
import { tableBelow } from '../../../test/support/markdown-table.js';
import { ROOM_ERRORS } from '../room-errors.js';
import { JOIN_TEXTS, joinError } from './join-errors.js';

const reference = readFileSync(new URL('../../../docs/protocol.md', import.meta.url), 'utf8');
/** Of requests and messages, which clients of `/ws` do not send. */
const OF_MESSAGES = ['not_json', 'type_not_allowed', 'no_request_id', 'request_id_too_long'];

describe('the errors that clients are told that join rooms', () => {
  it('are those of the protocol reference', () => {
    const documented = tableBelow('### Errors of rooms', reference);
    expect(Object.fromEntries(documented.map(({ Code, Text }) => [Code, Text]))).toEqual(JOIN_TEXTS);
  });

  it('are in the words of this protocol, whatever the domain refuses', () => {
    const errors = Object.values(ROOM_ERRORS).map((make) => make());
    for (const error of errors.filter(({ code }) => !OF_MESSAGES.includes(code))) {
      const { code, message } = joinError(error);
      expect(JOIN_TEXTS).toHaveProperty(code, message);
    }
  });
});
