import { readFileSync } from 'node:fs';
import { tableBelow } from '../../../../test/support/markdown-table.js';
import { KEPT_ERRORS } from './kept-errors.js';

const reference = readFileSync(new URL('../../../../docs/procedures-protocol.md', import.meta.url), 'utf8');

it('the errors of kept calls are in the protocol reference', () => {
  const documented = tableBelow('### Kept calls', reference).map(({ Code, Text }) => [Code, Text]);
  const told = Object.values(KEPT_ERRORS).map((make) => [make().code, make().message]);
  expect(documented.toSorted()).toEqual(told.toSorted());
});
