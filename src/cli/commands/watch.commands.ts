import { type Command, InvalidArgumentError, Option } from 'commander';
import { setTimeout as wait } from 'node:timers/promises';
import type { ChannelList } from '../../operators/watch/channels.js';
import type { Gathered } from '../../operators/watch/gathered.js';
import type { NodesReport, NodeReport } from '../../operators/watch/node-reports.js';
import { isObject } from '../../protocol/json/json.js';
import { richJsonText } from '../../protocol/json/rich-json.js';
import { jsonArgument, jsonValue } from '../input/assignment.js';
import { ask, callAndTake } from '../calling.js';
import { CommandError } from '../command-error.js';
import type { Context } from '../context.js';
import { EXIT } from '../exit-code.js';
import { seconds } from '../input/seconds.js';
import { type Column, short, table } from '../table.js';

const EVERY_S = 2;
/** Rates are of two looks, a second apart at least. */
const FIRST_LOOK_MS = 1_000;
const MOST_TOPICS = 10;
const CLEAR = '\x1b[H\x1b[2J';

interface TopicsOptions {
  readonly rooms?: true;
  readonly find?: string;
  readonly sort?: string;
  readonly limit?: string;
}

interface TailOptions {
  readonly topic?: string;
  readonly room?: string;
  readonly identity?: string;
  readonly identityJson?: string;
  readonly connection?: string;
  readonly data?: true;
}

interface TopOptions {
  readonly every: number;
  readonly times?: number;
}

/** `kittiwake topics`, `tail` and `top`: what the gateway carries, on all nodes. */
export function addWatchCommands(program: Command, context: Context): void {
  program
    .command('topics')
    .description('list topics, or rooms, of all nodes, by subscribers')
    .option('--rooms', 'list rooms')
    .option('--find <text>', 'a part of their names')
    .addOption(new Option('--sort <by>', 'what comes first').choices(['subscribers', 'rate']))
    .option('--limit <number>', 'the most that are listed: 1 to 500; default: 50')
    .action(async ({ limit, ...options }: TopicsOptions) => {
      const named = { ...options, ...(limit !== undefined && { limit: jsonValue(limit, '--limit') }) };
      context.printer().value(await read<ChannelList>(context, 'topics', named), topicsText);
    });
  addTail(program, context);
  program
    .command('top')
    .description('show nodes with their load, and the busiest topics, again and again until Ctrl-C')
    .option('--every <seconds>', 'how often', seconds, EVERY_S * 1_000)
    .option('--times <number>', 'how many times; default: once where standard output is no terminal', times)
    .action(async ({ every, times: count = process.stdout.isTTY ? Infinity : 1 }: TopOptions) => {
      await read(context, 'nodes');
      await read(context, 'topics', { sort: 'rate' });
      for (let shown = 0; shown < count; shown++) {
        await wait(shown === 0 ? FIRST_LOOK_MS : every);
        await showTop(context);
      }
    });
}

function addTail(program: Command, context: Context): void {
  program
    .command('tail')
    .description('follow a topic, a room, or the frames of somebody, as they come, until Ctrl-C')
    .option('--topic <topic>', 'a topic, such as books.book_1')
    .option('--room <json>', 'a room; rooms that overlap with it are followed')
    .option('--identity <text>', 'whose frames: the value of the field auth.identityField')
    .addOption(new Option('--identity-json <json>', 'the same, where it is no text').conflicts('identity'))
    .option('--connection <id>', 'the id of a connection whose frames are followed')
    .option('--data', 'show data as it is, not its shape')
    .action(async ({ room, identity, identityJson, ...options }: TailOptions) => {
      const whose = identityJson === undefined ? identity : jsonArgument(identityJson, '--identity-json');
      const named = {
        ...options,
        ...(room !== undefined && { room: jsonArgument(room, '--room') }),
        ...(whose !== undefined && { identity: whose }),
      };
      const printer = context.printer();
      await callAndTake(context, 'tail', { positional: [], named }, (result) =>
        'value' in result ? printer.value(result.value, eventLine) : printer.result(result),
      );
    });
}

async function showTop(context: Context): Promise<void> {
  const nodes = await read<NodesReport>(context, 'nodes');
  const topics = await read<ChannelList>(context, 'topics', { sort: 'rate', limit: MOST_TOPICS });
  if (process.stdout.isTTY) process.stdout.write(CLEAR);
  context.printer().value({ nodes, topics }, () => `${nodesText(nodes)}\n\n${topicsText(topics)}`);
}

async function read<Answer extends object>(
  context: Context,
  name: string,
  named: Readonly<Record<string, unknown>> = {},
): Promise<Answer> {
  const answer = await ask(context, name, { positional: [], named });
  if (!isObject(answer)) throw new CommandError(`what answers has no ${name}`, EXIT.failed);
  return answer as Answer;
}

const NODE_COLUMNS: readonly Column<NodeReport>[] = [
  { head: 'NODE', cell: ({ node }) => node },
  { head: 'STATE', cell: ({ state }) => state },
  { head: 'VERSION', cell: ({ version }) => version },
  { head: 'UP', cell: ({ uptime }) => upText(uptime), isNumber: true },
  { head: 'CONNS', cell: ({ connections }) => short(connections), isNumber: true },
  {
    head: 'SUBS',
    cell: ({ subscriptions: { topics, rooms } }) => short(topics + rooms),
    isNumber: true,
  },
  { head: 'PUB/S', cell: (node) => short(node.publications_per_second), isNumber: true },
  { head: 'DELIV/S', cell: (node) => short(node.deliveries_per_second), isNumber: true },
  { head: 'CPU', cell: ({ cpu }) => share(cpu), isNumber: true },
  { head: 'LOOP', cell: ({ loop }) => share(loop), isNumber: true },
  {
    head: 'LAG',
    cell: ({ loop_lag: lag }) => (lag === undefined ? '-' : `${Math.round(lag * 1_000)} ms`),
    isNumber: true,
  },
  { head: 'MEMORY', cell: ({ memory }) => `${Math.round(memory / 1_048_576)} MiB`, isNumber: true },
];

function nodesText(list: NodesReport): string {
  return withMissing(table(NODE_COLUMNS, list.nodes), list);
}

type Item = ChannelList['items'][number];

const CHANNEL_COLUMNS: readonly Column<Item>[] = [
  { head: 'SUBSCRIBERS', cell: ({ subscribers }) => short(subscribers), isNumber: true },
  { head: 'PUB/S', cell: (item) => short(item.publications_per_second), isNumber: true },
  { head: 'NODES', cell: ({ on_nodes: nodes }) => short(nodes), isNumber: true },
  { head: 'NAME', cell: ({ topic, room }) => topic ?? richJsonText(room) },
];

function topicsText(list: ChannelList): string {
  return withMissing(table(CHANNEL_COLUMNS, list.items), list);
}

function withMissing(text: string, { complete, missing }: Gathered): string {
  return complete ? text : `${text}\nNOT COMPLETE: no answer of ${missing.join(', ')}`;
}

/** The time, what it is, where, and the data. */
function eventLine(event: unknown): string {
  if (!isObject(event)) return richJsonText(event);
  const { at, event: kind, topic, rooms, direction, connection, data, frame, ...more } = event;
  if (at === undefined) return `${textOf(kind)} ${richJsonText(more)}`;
  const client = `${textOf(connection)} ${textOf(direction)}`;
  const where = topic ?? rooms ?? client;
  return `${textOf(at)} ${textOf(where)} ${richJsonText(data ?? frame)}`;
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : richJsonText(value);
}

function upText(uptimeS: number): string {
  const [length, unit] = SPANS.find(([least]) => uptimeS >= 2 * least) ?? [1, 's'];
  return `${Math.floor(uptimeS / length)}${unit}`;
}

const SPANS: readonly (readonly [seconds: number, unit: string])[] = [
  [86_400, 'd'],
  [3_600, 'h'],
  [60, 'm'],
];

function share(part: number | undefined): string {
  return part === undefined ? '-' : `${Math.round(part * 100)}%`;
}

/** @throws {InvalidArgumentError} */
function times(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1)
    throw new InvalidArgumentError('It is a whole number from 1.');
  return value;
}
