import type { Command } from 'commander';
import { isObject } from '../../protocol/json/json.js';
import { richJsonText } from '../../protocol/json/rich-json.js';
import { collect, jsonArgument, jsonValue } from '../input/assignment.js';
import { callAndPrint, callAndTake } from '../calling.js';
import type { Context } from '../context.js';

interface PublishOptions {
  readonly order?: string;
  readonly orderKey?: string;
  readonly throttle?: string;
  readonly throttleKey?: string;
  readonly idempotencyKey?: string;
  readonly field: Record<string, unknown>;
}

interface TriggerOptions {
  readonly exclude?: string;
  readonly idempotencyKey?: string;
}

interface PresenceOptions {
  readonly room?: string;
  readonly limit?: string;
}

/** `kittiwake publish`, `trigger`, `presence` and `listen`: the work of a service, by hand. */
export function addPushCommands(program: Command, context: Context): void {
  addPublish(program, context);
  addTrigger(program, context);
  program
    .command('presence')
    .description('say who is present in a topic or a room, on all nodes')
    .argument('[topic]', 'such as books.book_1')
    .option('--room <json>', 'a room, in place of a topic')
    .option('--limit <number>', 'the most members that are listed')
    .action(async (topic: string | undefined, { room, limit }: PresenceOptions) => {
      const named = {
        ...(topic !== undefined && { topic }),
        ...(room !== undefined && { room: jsonValue(room, '--room') }),
        ...(limit !== undefined && { limit: jsonValue(limit, '--limit') }),
      };
      await callAndPrint(context, 'presence', { positional: [], named });
    });
  program
    .command('listen')
    .description('print the publications of topics as they come, until Ctrl-C')
    .argument('<topics...>', 'such as books.book_1')
    .action(async (positional: string[]) => {
      const printer = context.printer();
      await callAndTake(context, 'listen', { positional, named: {} }, (result) =>
        'value' in result ? printer.value(result.value, publicationLine) : printer.result(result),
      );
    });
}

function addPublish(program: Command, context: Context): void {
  program
    .command('publish')
    .description('publish data to the subscribers of a topic')
    .argument('<topic>', 'such as books.book_1')
    .argument('<json>', 'the data; - reads it from standard input')
    .option('--order <number>', 'subscribers get ascending orders only')
    .option('--order-key <key>', 'orders are compared among publications of the same key')
    .option('--throttle <seconds>', 'at most one delivery in so many seconds')
    .option('--throttle-key <key>', 'throttling counts publications of the same key')
    .option('--idempotency-key <key>', 'published once, however often it is tried (services with a history)')
    .option(
      '--field <name=text>',
      'a filter field; name:=JSON for what is not a text',
      collect('--field'),
      {},
    )
    .action(
      async (topic: string, text: string, { field: fields, idempotencyKey, ...options }: PublishOptions) => {
        const data = jsonArgument(text, 'the data');
        const key = idempotencyKey !== undefined && { idempotency_key: idempotencyKey };
        const named = { topic, data, ...deliveryOptions(options), ...key, fields };
        await callAndPrint(context, 'publish', { positional: [], named });
      },
    );
}

function addTrigger(program: Command, context: Context): void {
  program
    .command('trigger')
    .description('trigger a room, or several')
    .argument('<room>', 'as JSON, such as \'{"target":"message","customer":"*"}\', or a list of such')
    .argument('<json>', 'the data; - reads it from standard input')
    .option('--exclude <connection>', 'the id of a connection that is not to get it')
    .option('--idempotency-key <key>', 'triggered once, however often it is tried (rooms with a history)')
    .action(async (room: string, text: string, { idempotencyKey, ...options }: TriggerOptions) => {
      const rooms = [jsonArgument(room, 'the room')].flat();
      const key = idempotencyKey !== undefined && { idempotency_key: idempotencyKey };
      const named = { rooms, data: jsonArgument(text, 'the data'), ...options, ...key };
      await callAndPrint(context, 'trigger', { positional: [], named });
    });
}

function deliveryOptions(options: Omit<PublishOptions, 'field' | 'idempotencyKey'>): Record<string, unknown> {
  const { order, orderKey, throttle, throttleKey } = options;
  return {
    ...(order !== undefined && { order: jsonValue(order, '--order') }),
    ...(orderKey !== undefined && { order_key: orderKey }),
    ...(throttle !== undefined && { throttle: jsonValue(throttle, '--throttle') }),
    ...(throttleKey !== undefined && { throttle_key: throttleKey }),
  };
}

/** The time of receipt, the topic and the data. */
function publicationLine(publication: unknown): string {
  if (!isObject(publication)) return richJsonText(publication);
  const { received_at: receivedAt, subscription, data } = publication;
  return `${String(receivedAt)} ${String(subscription)} ${richJsonText(data)}`;
}
