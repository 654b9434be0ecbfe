// Closes listeners of usocket, each with the garbage collected in the same turn: run with --expose-gc.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadUSocket } from '../../dist/rpc/local/usocket.js';
import { USocketUnixListener } from '../../dist/rpc/local/usocket.unix-listener.js';

const ROUNDS = 300;
const folder = mkdtempSync(join(tmpdir(), 'kittiwake-collect-'));
process.on('exit', () => rmSync(folder, { recursive: true }));

function round(left) {
  if (left === 0) return console.log(ROUNDS);
  let listener = new USocketUnixListener(loadUSocket(), 1, { connected: console.log, lost: console.error });
  return listener.listen(join(folder, 'sock')).then(() =>
    setTimeout(() => {
      listener.close();
      listener = undefined;
      globalThis.gc();
      setTimeout(round, 1, left - 1);
    }, 1),
  );
}

await round(ROUNDS);
