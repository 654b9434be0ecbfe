import type { Command } from 'commander';
import { nearest } from '../../config/loading/nearest.js';
import { CallFailure } from '../call-failure.js';
import { callAndPrint } from '../calling.js';
import { CommandError } from '../command-error.js';
import type { Context } from '../context.js';
import { parseCallArguments } from './call-arguments.js';
import { printHelp } from './help.command.js';

const HELP = `
  TEXT          an argument by position
  --name=TEXT   an argument by name
  --name        the same, true
  :=JSON        any value by position: 5, true, null, {"a":[1]}
  --name:=JSON  any value by name
  --            behind it, every word is a TEXT

The gateway converts texts to the types that the procedure declares. What stands
behind NAME is for the procedure: --json, --url and --secret-file go before it;
only \`NAME --help\` says what the procedure does. Each result is printed as it
comes, text and bytes of a type of their own as they are. What a procedure needs
to know is asked for, on a terminal.`;

/** `kittiwake call NAME ...` */
export function addCallCommand(program: Command, context: Context): void {
  program
    .command('call')
    .description('call a procedure; `kittiwake NAME ...` is short for it')
    .usage('NAME [TEXT | --name=TEXT | --name | :=JSON | --name:=JSON]...')
    .argument('<name>', 'the procedure')
    .argument('[arguments...]', 'what it is given')
    .addHelpText('after', HELP)
    .passThroughOptions()
    .allowUnknownOption()
    .action(async (name: string, words: string[]) => {
      if (words.length === 1 && ['--help', '-h'].includes(words[0]!)) await printHelp(context, name);
      else await callOrSuggest(program, context, name, words);
    });
}

/** A mistyped command is a call of an unknown procedure: the error suggests the command. */
async function callOrSuggest(
  program: Command,
  context: Context,
  name: string,
  words: readonly string[],
): Promise<void> {
  try {
    await callAndPrint(context, name, parseCallArguments(words));
  } catch (error) {
    const isUnknown = error instanceof CallFailure && error.isUnknown;
    const meant =
      isUnknown &&
      nearest(
        name,
        program.commands.map((one) => one.name()),
      );
    if (!meant) throw error;
    throw new CommandError(`${error.message}; is the command ${meant} meant?`, error.exitCode);
  }
}
