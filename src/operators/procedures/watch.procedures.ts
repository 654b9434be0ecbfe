import { ClientSelectionError } from '../../clients/client-selection.js';
import { ProcedureError } from '../../procedures/procedure-errors.js';
import type { CallableProcedure } from '../../procedures/procedure.js';
import { ClientError } from '../../protocol/errors.js';
import type { JsonMembers } from '../../protocol/json/json.js';
import { richJsonText } from '../../protocol/json/rich-json.js';
import { builtIn, optional } from '../../rpc/built-in/built-in.js';
import { ChannelQueryError, readChannelQuery } from '../watch/channel-question.js';
import type { Audit } from '../audit.js';
import type { Channels } from '../watch/channels.js';
import type { NodeReports } from '../watch/node-reports.js';
import { readTailQuery, type TailQuery, tailSubject } from '../watch/tails/tail-query.js';
import type { TailEvent } from '../watch/tails/tail-queue.js';
import type { Tails } from '../watch/tails/tails.js';

/** Tells what each node carries, for callers with the service secret. */
export function nodesProcedure(reports: NodeReports): CallableProcedure {
  return builtIn({
    name: 'nodes',
    access: 'service',
    isReplaceable: true,
    description: `/nodes

Says what each node and worker process carries, and how it bears it. Rates are those since the last look.`,
    run: () => reports.read(),
  });
}

/** Lists topics, or rooms, for callers with the service secret. */
export function topicsProcedure(channels: Channels): CallableProcedure {
  return builtIn({
    name: 'topics',
    access: 'service',
    isReplaceable: true,
    description: `/topics [--rooms] [--find=<T>] [--sort=rate] [--limit=<N>]

Lists topics, or with --rooms rooms, of all nodes by subscribers, or by publications per second.`,
    parameters: [
      optional('find', 'str'),
      optional('sort', 'str'),
      optional('limit', 'int'),
      optional('rooms', 'bool'),
    ],
    run: async (_call, [find, sort, limit, rooms]) => {
      try {
        return await channels.list(
          readChannelQuery(rooms === true ? 'rooms' : 'topics', { find, sort, limit }),
        );
      } catch (cause) {
        throw cause instanceof ChannelQueryError ? new ProcedureError(cause.message, 400, { cause }) : cause;
      }
    },
  });
}

const NAMES = ['topic', 'room', 'identity', 'connection', 'data'];

/** Follows a topic, a room or the frames of somebody, for callers with the service secret. */
export function tailProcedure(tails: Tails, audit: Audit): CallableProcedure {
  return builtIn({
    name: 'tail',
    access: 'service',
    isReplaceable: true,
    description: `/tail [--topic=<T>] [--room=<R>] [--identity=<I>] [--connection=<C>] [--data]

Follows what comes to a topic or a room, or the frames of clients on all nodes. Without --data, the shape of data is shown.`,
    parameters: NAMES.map((name) => optional(name, name === 'data' ? 'bool' : undefined)),
    isStream: true,
    run: ({ signal }, given, http) => {
      const members: JsonMembers = new Map();
      for (const [index, name] of NAMES.entries())
        if (given[index] !== undefined) members.set(name, richJsonText(given[index]));
      return followed(tails, members, signal, (query) =>
        audit.tellOfService(http, `tail ${tailSubject(query)}`, query.showsData ? 'with data' : 'masked'),
      );
    },
  });
}

async function* followed(
  tails: Tails,
  members: JsonMembers,
  signal: AbortSignal,
  tell: (query: TailQuery) => void,
): AsyncGenerator<TailEvent, void, void> {
  try {
    const query = readTailQuery(members);
    tails.require(query);
    tell(query);
    yield* tails.follow(query, signal);
  } catch (cause) {
    if (cause instanceof ClientSelectionError) throw new ProcedureError(cause.message, 400, { cause });
    if (cause instanceof ClientError)
      throw new ProcedureError('The broker is not available.', 503, { cause });
    throw cause;
  }
}
