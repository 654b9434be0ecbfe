import type { Command } from 'commander';
import { isObject } from '../../protocol/json/json.js';
import { richJsonText } from '../../protocol/json/rich-json.js';
import { ask } from '../calling.js';
import { CommandError } from '../command-error.js';
import type { Context } from '../context.js';

/** The key of the service secret in the answer. */
const SECRET_KEY = 'worker_secret';
const MASK = '***';

const SETTINGS =
  'Settings are in the configuration file and the environment: `kittiwake check-config` shows what is in force, ' +
  'and `kittiwake restart` takes a change.';
const HELP = `
The keys are those of programs that call procedures (app_name, worker_name, ...), with the names that Kettlingar
gave them. ${SETTINGS}`;

interface ConfigOptions {
  readonly append?: string;
  readonly remove?: string;
  readonly pop?: string;
  readonly reset?: true;
  readonly save?: true;
}

/** `kittiwake config`: shows and changes the runtime configuration of the gateway. */
export function addConfigCommand(program: Command, context: Context): void {
  program
    .command('config')
    .description('show or change what can be changed of the gateway while it runs')
    .argument('[key]', 'one key; without it, all that there are are shown')
    .argument('[value]', 'the new value of the key')
    .option('--append <value>', 'add a value to the list of the key')
    .option('--remove <value>', 'remove a value from the list of the key')
    .option('--pop <index>', 'remove a value from the list of the key, by its position')
    .option('--reset', 'give the key the value that it had at the start')
    .option('--save', 'keep all changes for the next start')
    .addHelpText('after', HELP)
    .action(async (key: string | undefined, val: string | undefined, options: ConfigOptions) => {
      if (key?.includes('.')) throw new CommandError(`config: ${key} is a setting. ${SETTINGS}`);
      const answer = await ask(context, 'config', { positional: [], named: wishes(key, val, options) });
      show(context, configIn(answer), key);
    });
}

function wishes(
  key: string | undefined,
  val: string | undefined,
  { reset, save, ...operation }: ConfigOptions,
): Record<string, unknown> {
  const operations = Object.keys(operation).length + Number(val !== undefined) + Number(reset ?? 0);
  if (operations > 0 && key === undefined) throw new CommandError('config: of which key?');
  if (operations > 1) throw new CommandError('config: one change at a time');
  return {
    ...(key !== undefined && { [reset ? 'reset' : 'key']: key }),
    ...(val !== undefined && { val }),
    ...operation,
    ...(save && { save }),
  };
}

function configIn(answer: unknown): Readonly<Record<string, unknown>> {
  const config = isObject(answer) && isObject(answer.config) ? answer.config : {};
  return { ...config, ...(SECRET_KEY in config && { [SECRET_KEY]: MASK }) };
}

function show(context: Context, config: Readonly<Record<string, unknown>>, key: string | undefined): void {
  if (key === undefined) context.printer().value(config, listed);
  else context.printer().value(config[key]);
}

function listed(config: Readonly<Record<string, unknown>>): string {
  const textOf = (value: unknown): string => (typeof value === 'string' ? value : richJsonText(value));
  return Object.entries(config)
    .map(([key, value]) => `${key}=${textOf(value)}`)
    .join('\n');
}
