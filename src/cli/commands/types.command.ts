import type { Command } from 'commander';
import { readFile, writeFile } from 'node:fs/promises';
import { messageOf } from '../../base/message-of.js';
import { ask } from '../calling.js';
import { CommandError } from '../command-error.js';
import type { Context } from '../context.js';
import { EXIT } from '../exit-code.js';
import { interfaceText } from '../types/interface-text.js';
import { readInterface } from '../types/told.js';

interface TypesOptions {
  readonly out?: string;
  readonly check?: true;
}

const HELP = `
What the gateway does not know is \`unknown\`: what the app says of a topic, and
what procedures return that do not declare it.`;

/** `kittiwake types`: the interface of the running gateway for its clients, as TypeScript. */
export function addTypesCommand(program: Command, context: Context): void {
  program
    .command('types')
    .description('write the TypeScript interface for clients of the running gateway')
    .option('--out <file>', 'the file to write; without it, standard output')
    .option('--check', 'write nothing: exit with 1 if the file says something else')
    .addHelpText('after', HELP)
    .action(async ({ out, check }: TypesOptions) => {
      if (check && out === undefined) throw new CommandError('types: --check needs --out, the file to check');
      const text = interfaceText(readInterface(await ask(context, 'interface')));
      if (out === undefined) process.stdout.write(text);
      else await (check ? compare : write)(out, text);
    });
}

/** A file that says it already stays as it is: nothing is built anew for it. */
async function write(file: string, text: string): Promise<void> {
  if ((await contentOf(file)) === text) return;
  try {
    await writeFile(file, text);
  } catch (error) {
    throw new CommandError(`types: ${messageOf(error)}`, EXIT.io, { cause: error });
  }
}

async function compare(file: string, text: string): Promise<void> {
  const found = await contentOf(file);
  if (found === text) return;
  const what = found === undefined ? `there is no ${file}` : `${file} is not what the gateway knows`;
  throw new CommandError(`types: ${what}; \`kittiwake types --out ${file}\` writes it`);
}

/** Nothing for a file that is not there. */
async function contentOf(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new CommandError(`types: ${messageOf(error)}`, EXIT.io, { cause: error });
  }
}
