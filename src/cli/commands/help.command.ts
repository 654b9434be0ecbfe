import type { Command } from 'commander';
import { ask } from '../calling.js';
import { CommandError } from '../command-error.js';
import type { Context } from '../context.js';
import { EXIT } from '../exit-code.js';
import { methodsOf } from '../methods.js';

/** The gateway's help text for a procedure without a description. */
const NO_HELP = 'No Help Available\n';

/** `kittiwake help [name]`: how a command, or a procedure of the running gateway, is used. */
export function addHelpCommand(program: Command, context: Context): void {
  program.helpCommand(false);
  program
    .command('help')
    .description('how a command, or a procedure of the running gateway, is used')
    .argument('[name...]', 'a command or a procedure; without it, all that there is')
    .action(async (names: string[]) => {
      const command = commandOf(program, names);
      if (command) command.outputHelp();
      else await printHelp(context, names[0]!);
      if (command === program) await listProcedures(context);
    });
}

/** Prints the help of a procedure. @throws {CommandError} when there is none of that name. */
export async function printHelp(context: Context, name: string): Promise<void> {
  const methods = await methodsOf(context);
  const parameters = methods.get(name);
  if (!parameters && methods.size > 0)
    throw new CommandError(`there is no command and no procedure ${name}`, EXIT.notFound);
  const told = await ask(context, 'help', { positional: [name], named: {} });
  const usage = [`/${name}`, ...(parameters ?? []).map((one) => `<${one.toUpperCase()}>`)].join(' ');
  context.printer().value(told === NO_HELP ? usage : told);
}

/** The program itself without a name; a command of a command with two. */
function commandOf(program: Command, [name, ...others]: readonly string[]): Command | undefined {
  if (name === undefined) return program;
  const command = program.commands.find((one) => one.name() === name);
  return command && commandOf(command, others);
}

/** Prints nothing when no gateway answers. */
async function listProcedures(context: Context): Promise<void> {
  const names = await methodsOf(context).then(
    (methods) => [...methods.keys()].toSorted(),
    () => [],
  );
  if (names.length > 0)
    process.stdout.write(`\nProcedures of the running gateway:\n  ${names.join('\n  ')}\n`);
}
