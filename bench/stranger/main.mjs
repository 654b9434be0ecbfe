/**
 * What one stranger can cost a gateway with default settings: memory that it keeps while he is there and after he has
 * left, CPU per KiB that he sends, and the longest block of the event loop.
 */
import { generateKeyPairSync } from 'node:crypto';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { pinning } from '../machine.mjs';
import { startApp } from './app.mjs';
import { ObservedGateway } from './gateway.mjs';
import { Stranger } from './stranger.mjs';

const CASES = path.join(import.meta.dirname, 'cases');
const HELP = `Usage: node bench/stranger/main.mjs [flags]

  --only TEXT       the cases whose name contains it
  --gateway FILE    the dist/server/main.js of another build, to compare
  --help
`;
const COLUMNS = [
  'case',
  'KiB sent',
  'CPU ms',
  'CPU ms per KiB',
  'longest block, ms',
  'kept, MiB',
  'most resident, MiB',
  'kept after leaving, MiB',
  'remarks',
];
const MIB = 1 << 20;
const { values: flags } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    gateway: { type: 'string', default: path.join(import.meta.dirname, '../../dist/server/main.js') },
    help: { type: 'boolean', default: false },
  },
});
if (flags.help) {
  console.log(HELP);
  process.exit();
}

/** What tokens would have to be signed for: the algorithm that is dearest to check. */
const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-521' });
const { cores } = pinning({ server: 0, load: 1 });
const names = readdirSync(CASES)
  .map((file) => path.basename(file, '.mjs'))
  .filter((name) => name.includes(flags.only));
const rows = [];
for (const name of names) {
  const row = await measured(name);
  rows.push(row);
  console.error(row.join('  '));
}
for (const line of [COLUMNS, COLUMNS.map(() => '---'), ...rows]) console.log(`| ${line.join(' | ')} |`);

/** One case against a gateway of its own. */
async function measured(name) {
  const { attack, environment } = await import(path.join(CASES, `${name}.mjs`));
  const app = await startApp();
  const gateway = await ObservedGateway.start(flags.gateway, {
    core: cores.server,
    environment: {
      STRANGER_APP: app.url,
      STRANGER_PUBLIC_KEY: publicKey.export({ type: 'spki', format: 'pem' }),
      ...environment,
    },
  });
  const stranger = new Stranger(gateway.port);
  try {
    return [name, ...(await costs(gateway, stranger, attack))];
  } finally {
    stranger.leave();
    await gateway.stop();
    app.stop();
  }
}

async function costs(gateway, stranger, attack) {
  await gateway.quiet();
  const { usedBytes } = await gateway.observe();
  const before = { cpuSeconds: gateway.cpuSeconds, residentBytes: gateway.residentBytes };
  await attack(stranger);
  const { peakBytes, isQuiet } = await gateway.quiet();
  if (!gateway.isRunning) return [kibOf(stranger.sentBytes), '', '', '', '', '', '', 'the gateway ended'];
  const cpuMs = (gateway.cpuSeconds - before.cpuSeconds) * 1000;
  const during = await gateway.observe();
  stranger.leave();
  await gateway.quiet();
  const after = await gateway.observe();
  return [
    kibOf(stranger.sentBytes),
    cpuMs.toFixed(0),
    (cpuMs / (stranger.sentBytes / 1024)).toFixed(2),
    during.longestBlockMs.toFixed(0),
    mibOf(during.usedBytes - usedBytes),
    mibOf(peakBytes - before.residentBytes),
    mibOf(after.usedBytes - usedBytes),
    isQuiet ? '' : 'still busy after 60 s',
  ];
}

function kibOf(bytes) {
  return (bytes / 1024).toFixed(0);
}

function mibOf(bytes) {
  return (bytes / MIB).toFixed(1);
}
