/* Runs scripts of the package side by side: `node side-by-side.mjs check build`. Each prints when it has ended. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';

/** What an installed service may keep open is not waited for longer than this. */
const REST_MS = 1000;

const codes = await Promise.all(process.argv.slice(2).map(run));
process.exit(codes.some((code) => code !== 0) ? 1 : 0);

async function run(script) {
  // Packing would build again, under the feet of the others.
  const child = spawn('npm', ['run', '--silent', '--ignore-scripts', script], {
    shell: process.platform === 'win32',
  });
  const printed = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (bytes) => printed.push(bytes));
  const closed = once(child, 'close');
  const [code] = await once(child, 'exit');
  await Promise.race([closed, wait(REST_MS)]);
  process.stdout.write(Buffer.concat(printed));
  if (code !== 0) console.error(`npm run ${script} failed.`);
  return code;
}
