import { readFileSync } from 'node:fs';
import { tableBelow } from '../../../test/support/markdown-table.js';
import { PROCEDURE_ERRORS } from '../../procedures/procedure-errors.js';
import type { ClientError } from '../../protocol/errors.js';
import { RPC_ERRORS } from './errors.js';

const reference = readFileSync(new URL('../../../docs/procedures-protocol.md', import.meta.url), 'utf8');
const documented = tableBelow('## Errors', reference).map(({ Code, Text }) => ({ code: Code, text: Text }));

describe('the errors that callers are told over WebSocket', () => {
  it('are in the protocol reference', () => {
    const told = [...Object.values(PROCEDURE_ERRORS), ...Object.values(RPC_ERRORS)].map((make) =>
      make('<name>', ''),
    );
    expect(documented).toEqual(expect.arrayContaining(told.map(codeAndText)));
  });

  it('have codes of their own', () => {
    const codes = documented.map(({ code }) => code);
    expect(new Set(codes).size).toBe(codes.length);
  });
});

function codeAndText({ code, message }: ClientError): { code: string; text: string } {
  return { code, text: message };
}
