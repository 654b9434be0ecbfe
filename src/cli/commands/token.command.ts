import type { Command } from 'commander';
import { collect } from '../input/assignment.js';
import type { Context } from '../context.js';
import { EXIT } from '../exit-code.js';
import { readInput } from '../input/read-input.js';

interface MakeOptions {
  readonly claim: Readonly<Record<string, unknown>>;
  readonly expires: string;
  readonly algorithm?: string;
  readonly keyFile?: string;
  readonly keyId?: string;
}

/**
 * `kittiwake token make` and `token inspect`: tokens for development, and the reason why one is refused. Their code is
 * loaded on use.
 */
export function addTokenCommand(program: Command, context: Context): void {
  const token = program.command('token').description('make and inspect JSON Web Tokens').helpCommand(false);
  token
    .command('make')
    .description('make a token that this configuration accepts, and print it')
    .option('--claim <name=text>', 'a claim; name:=JSON for what is not a text', collect('--claim'), {})
    .option(
      '--expires <duration>',
      'for how long it is valid, such as 15m; 0s is for ever, where auth.jwt.requireExpiry is false',
      '1h',
    )
    .option('--algorithm <name>', 'what it is signed with (the first of auth.jwt.algorithms)')
    .option('--key-file <file>', 'the private key, as PEM, where the configuration has no secret')
    .option('--key-id <id>', 'the `kid` that the key is published under')
    .action(async ({ claim: claims, ...options }: MakeOptions) => {
      const { makeToken } = await import('./make-token.js');
      const text = await makeToken({ claims, ...options }, (await context.settings()).auth.jwt);
      process.stdout.write(`${text}\n`);
    });
  token
    .command('inspect')
    .description('show what a token says, and whether this configuration accepts it')
    .argument('<token>', 'the token; - reads it from standard input, so that no history of commands has it')
    .action(async (argument: string) => {
      const { inspectToken } = await import('./inspect-token.js');
      const text = argument === '-' ? await readInput('-', 'Token') : argument;
      const report = await inspectToken(text, (await context.settings()).auth.jwt);
      context.printer().value(report);
      if (!report.accepted) process.exitCode = EXIT.forbidden;
    });
}
