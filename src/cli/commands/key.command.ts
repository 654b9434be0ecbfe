import type { Command } from 'commander';
import { randomBytes } from 'node:crypto';
import { hashedKey } from '../../base/bearer-keys.js';
import type { Context } from '../context.js';
import { readInput } from '../read-input.js';

/** As many as a guesser has no hope of, and as a hash of one round is enough for. */
const KEY_BYTES = 32;
/** So that scanners of code and logs know what they have found. */
const PREFIX = 'kwk_';

/** An API key and its hash. */
interface MadeKey {
  readonly key?: string;
  readonly hash: string;
}

/** `kittiwake key`: makes API keys, of which the configuration needs only the hash. */
export function addKeyCommand(program: Command, context: Context): void {
  program
    .command('key')
    .description('make an API key, and the hash by which the configuration knows it')
    .option('--hash <file>', 'only the hash of the key in a file; - asks for it')
    .action(async ({ hash: file }: { hash?: string }) => {
      const made = file === undefined ? newKey() : { hash: hashedKey(await readInput(file, 'Key')) };
      context.printer().value(made, forPeople);
    });
}

function newKey(): MadeKey {
  const key = PREFIX + randomBytes(KEY_BYTES).toString('base64url');
  return { key, hash: hashedKey(key) };
}

function forPeople({ key, hash }: MadeKey): string {
  if (key === undefined) return hash;
  return `for the service, and told only now:\n  ${key}\nfor publish.apiKeys, or publish.keys.NAME.key:\n  ${hash}`;
}
