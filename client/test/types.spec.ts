import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const TSC = fileURLToPath(new URL('../../node_modules/typescript/bin/tsc', import.meta.url));
const PROJECT = fileURLToPath(new URL('without-dom', import.meta.url));

/** `usage.ts` beside this file is compiled with all the rest: it has what must compile, and what must not. */
describe('the types', () => {
  it('need neither a DOM nor Node', async () => {
    await expect(promisify(execFile)(process.execPath, [TSC, '-p', PROJECT])).resolves.toMatchObject({
      stdout: '',
    });
  });
});
