import { convert } from '../../procedures/calls/convert.js';
import { ProcedureError } from '../../procedures/procedure-errors.js';
import type { CallableProcedure } from '../../procedures/procedure.js';
import { builtIn, optional } from './built-in.js';
import { configText } from './config-value.js';
import type { ProceduresConfig } from './procedures-config.js';

const DESCRIPTION = `/config [<options ...>]

Tells the configuration, and changes it before that.

    --key=<K>     What to change, with one of these:
    --val=<V>       Set it
    --append=<V>    Append a text to the list that it is
    --remove=<V>    Remove a text from the list that it is
    --pop=<N>       Remove what is at a place of the list that it is
    --reset=<K>   Set it to what it was at first
    --save=y      Save what is changed for the next start`;

const OPERATIONS = ['val', 'append', 'remove', 'pop'] as const;
type Operation = (typeof OPERATIONS)[number];
/** The parameters in {@link DESCRIPTION}, in their order by position. */
const PARAMETERS = ['key', ...OPERATIONS, 'reset', 'save'] as const;
type Wishes = Partial<Record<(typeof PARAMETERS)[number], unknown>>;

/** Makes the procedure that returns and changes the configuration of the gateway, its secret included. */
export function configProcedure(config: ProceduresConfig): CallableProcedure {
  return builtIn({
    name: 'config',
    access: 'service',
    description: DESCRIPTION,
    parameters: PARAMETERS.map((name) => optional(name)),
    run: async (_call, given) => {
      const done = await change(config, wishesOf(given));
      const values = [...config.all()];
      return {
        ...done,
        config: Object.fromEntries(values),
        _format: values
          .map(([key, value]) => `--${key}=${configText(value)}`.replaceAll('%', '%%'))
          .join('\n'),
      };
    },
  });
}

/** Leaves out arguments that are null or empty. */
function wishesOf(given: readonly unknown[]): Wishes {
  const wishes = PARAMETERS.map((name, index) => [name, given[index]] as const);
  return Object.fromEntries(wishes.filter(([, value]) => ![undefined, null, ''].includes(value as string)));
}

/** @returns the operations that were done, each with its key. */
async function change(config: ProceduresConfig, wishes: Wishes): Promise<Record<string, unknown>> {
  const operations = OPERATIONS.filter((name) => name in wishes);
  if (operations.length > 1) throw new ProcedureError('Please only perform one operation at a time!');
  const { key, reset, save } = wishes;
  const done: Record<string, unknown> = {};
  if (reset !== undefined) {
    config.reset(configText(reset));
    done.reset = reset;
  }
  if (key !== undefined) {
    config.require(configText(key));
    for (const operation of operations) {
      perform(config, configText(key), operation, wishes[operation]);
      done[operation] = key;
    }
  }
  if (convert('bool', save ?? false) === true) {
    await config.save();
    done.save = save;
  }
  return done;
}

function perform(config: ProceduresConfig, key: string, operation: Operation, value: unknown): void {
  switch (operation) {
    case 'val':
      config.set(key, configText(value));
      break;
    case 'append':
      config.changeList(key, (list) => list.push(value));
      break;
    case 'remove':
      config.changeList(key, (list) => cut(list, placeOf(list, value)));
      break;
    default:
      config.changeList(key, (list) => cut(list, Number(convert('int', value))));
  }
}

function placeOf(list: unknown[], value: unknown): number {
  const index = list.indexOf(value);
  return index === -1 ? list.length : index;
}

/** A negative index counts from the end, as in Python. */
function cut(list: unknown[], index: number): void {
  const isThere = index < list.length && index >= -list.length;
  if (!isThere) throw new ProcedureError('there is no such thing in the list');
  list.splice(index, 1);
}
