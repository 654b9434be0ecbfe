import type { Command } from 'commander';
import { randomBytes } from 'node:crypto';
import { hashedKey } from '../../base/bearer-keys.js';
import { keyIdOf } from '../../callbacks/http/seal.js';
import type { Context } from '../context.js';
import { readInput } from '../input/read-input.js';

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
    .option('--signing', 'make a secret that requests to the app are signed with, and its id, instead')
    .option('--hash <file>', 'only the hash of the key in a file; - asks for it')
    .action(async ({ hash: file, signing }: { hash?: string; signing?: true }) => {
      if (signing) {
        context.printer().value(newSecret(), secretForPeople);
        return;
      }
      const made = file === undefined ? newKey() : { hash: hashedKey(await readInput(file, 'Key')) };
      context.printer().value(made, forPeople);
    });
}

/** A secret for `callbacks.signingSecrets`, and what requests call it. */
interface MadeSecret {
  readonly secret: string;
  readonly id: string;
}

function newSecret(): MadeSecret {
  const secret = `whsec_${randomBytes(KEY_BYTES).toString('base64')}`;
  return { secret, id: keyIdOf(secret) };
}

function secretForPeople({ secret, id }: MadeSecret): string {
  return `for callbacks.signingSecrets, and for the app:\n  ${secret}\nits id in requests:\n  ${id}`;
}

function newKey(): MadeKey {
  const key = PREFIX + randomBytes(KEY_BYTES).toString('base64url');
  return { key, hash: hashedKey(key) };
}

function forPeople({ key, hash }: MadeKey): string {
  if (key === undefined) return hash;
  return `for the service, and told only now:\n  ${key}\nfor publish.apiKeys, or publish.keys.NAME.key:\n  ${hash}`;
}
