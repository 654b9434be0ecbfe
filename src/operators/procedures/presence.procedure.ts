import type { PresencePage } from '../../broker/presence-book.js';
import { membersText } from '../../broker/presence-news.js';
import { presenceFormat } from '../../presence/presence-format.js';
import { PresenceError } from '../../presence/presence.error.js';
import { ProcedureError } from '../../procedures/procedure-errors.js';
import type { CallableProcedure } from '../../procedures/procedure.js';
import { isObject, valueOf } from '../../protocol/json/json.js';
import { richJsonText } from '../../protocol/json/rich-json.js';
import type { PresenceReading, PresenceWhere } from '../../push/reading/presence-reading.js';
import { builtIn, optional } from '../../rpc/built-in/built-in.js';

/** Tells who is present as `GET /presence` does, for callers with the service secret. */
export function presenceProcedure(reading: PresenceReading): CallableProcedure {
  return builtIn({
    name: 'presence',
    access: 'service',
    isReplaceable: true,
    description: `/presence [<TOPIC>] [--room=<R>] [--limit=<N>]

Says who is present in a topic or a room, on all nodes.`,
    parameters: [optional('topic', 'str'), optional('room'), optional('limit', 'int')],
    run: async (_call, [topic, room, limit]) => {
      try {
        return resultOf(await reading.read(whereOf(topic, room), limit as number | undefined));
      } catch (error) {
        if (!(error instanceof PresenceError)) throw error;
        throw new ProcedureError(error.message, 400); // 404 would be a procedure that is not there
      }
    },
  });
}

function whereOf(topic: unknown, room: unknown): PresenceWhere {
  if (room === undefined && typeof topic === 'string') return { topic };
  if (topic === undefined && isObject(room)) return { room: richJsonText(room) };
  throw new ProcedureError('needs a topic, or a room, which is an object', 400);
}

function resultOf({ count, members }: PresencePage): object {
  const listed = members && { members: valueOf(membersText(members)) };
  return { status: 'ok', count, ...listed, _format: presenceFormat(members !== undefined) };
}
