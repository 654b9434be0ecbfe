import type { Command } from 'commander';
import { arranged, takesValue } from './input/command-line.js';
import type { Context } from './context.js';
import { methodsOf } from './methods.js';

type Methods = Awaited<ReturnType<typeof methodsOf>>;

const WORD = /^[\w.-]+$/;

/**
 * The candidates for the last word of a command line. Shells choose among them by prefix.
 * @param words without the name of the program.
 */
export async function candidates(
  program: Command,
  context: Context,
  words: readonly string[],
): Promise<readonly string[]> {
  const before = words.slice(0, -1);
  if (takesValue(before.at(-1) ?? '')) return [];
  const line = arranged(before, (word) => program.commands.some((command) => command.name() === word));
  program.parseOptions([...line.options]);
  const { command, operands } = found(program, line.words);
  const isOption = words.at(-1)?.startsWith('-') ?? false;
  if (command.name() === 'call' && operands.length > 0)
    return parametersOf(await methods(context), operands[0]!);
  const options = isOption ? [...command.options, ...program.options].flatMap(({ long }) => long ?? []) : [];
  const choices = command.registeredArguments[operands.length]?.argChoices ?? [];
  const takesProcedure = command === program || ['call', 'help'].includes(command.name());
  const isFirst = takesProcedure && !isOption && operands.length === 0;
  const all = new Set([
    ...options,
    ...choices,
    ...commandsOf(command.name() === 'help' ? program : command),
    ...(isFirst ? (await methods(context)).keys() : []),
  ]);
  return [...all];
}

function found(
  program: Command,
  words: readonly string[],
): { command: Command; operands: readonly string[] } {
  const [name, ...others] = words;
  const command = program.commands.find((one) => one.name() === name);
  return command ? found(command, others) : { command: program, operands: words };
}

function commandsOf(command: Command): string[] {
  return command
    .createHelp()
    .visibleCommands(command)
    .map((one) => one.name());
}

function parametersOf(all: Methods, procedure: string): string[] {
  return (all.get(procedure) ?? []).map((name) => `--${name}=`);
}

/** Empty when no gateway answers. Names with special characters are left out: `compgen -W` would expand them. */
async function methods(context: Context): Promise<Methods> {
  const all = await methodsOf(context).catch(() => new Map<string, readonly string[]>());
  const harmless = [...all].filter(([name, parameters]) =>
    [name, ...parameters].every((one) => WORD.test(one)),
  );
  return new Map(harmless);
}
