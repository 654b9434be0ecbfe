import type { Appended } from '../../broker/history.js';
import { ProcedureError } from '../../procedures/procedure-errors.js';
import type { CallableProcedure } from '../../procedures/procedure.js';
import { isObject, objectText, type JsonText } from '../../protocol/json/json.js';
import { richJsonText } from '../../protocol/json/rich-json.js';
import { PublicationError } from '../../protocol/publication.js';
import type { RoomPublisher } from '../../rooms/room-publisher.js';
import type { Relayed } from '../../rooms/relay/room-relay.js';
import { TriggerError } from '../../rooms/room/trigger.js';
import { builtIn, optional, required } from '../../rpc/built-in/built-in.js';
import type { TopicPublisher } from '../../topics/topic-publisher.js';

const PUBLISH = `/publish <TOPIC> <DATA> [--order=<N>] [--order_key=<K>] [--throttle=<S>] [--throttle_key=<K>]
    [--idempotency_key=<K>]

Publishes data to the subscribers of a topic. The answer has its position where a history is kept.`;

const TRIGGER = `/trigger <ROOMS> <DATA> [--exclude=<CONNECTION>] [--idempotency_key=<K>]

Triggers rooms, and says how many subscriptions of this node were reached. The answer has its position where a history is
kept.`;

/** Publishes as `POST /publish` does, for callers with the service secret. */
export function publishProcedure(topics: TopicPublisher): CallableProcedure {
  const options = ['order', 'order_key', 'throttle', 'throttle_key'];
  return builtIn({
    name: 'publish',
    access: 'service',
    isReplaceable: true,
    description: PUBLISH,
    parameters: [
      required('topic', 'str'),
      required('data'),
      ...options.map((name) => optional(name)),
      optional('fields'),
      optional('idempotency_key', 'str'),
    ],
    run: async (_call, [topic, data, ...others]) => {
      const given = options.flatMap((name, index) => textOf(name, others[index]));
      const [fields = {}, key] = others.slice(options.length);
      if (!isObject(fields)) throw new ProcedureError('fields must be an object', 400);
      const members = new Map([
        ...Object.entries(fields).flatMap(([name, value]) => textOf(name, value)),
        ...textOf('subscription', topic),
        ...textOf('data', data),
        ['options', objectText(given)] as const,
      ]);
      const appended = await pushed(PublicationError, async () =>
        topics.publishMade(members, 'http', key as string | undefined),
      );
      return publishedAt(appended || undefined);
    },
  });
}

function publishedAt(appended: Appended | undefined): object {
  if (!appended) return { status: 'ok', _format: 'Published.' };
  const position = appended.position.toString();
  return appended.isRepeated
    ? { status: 'ok', position, repeated: true, _format: 'Published before, at %(position)s.' }
    : { status: 'ok', position, _format: 'Published at %(position)s.' };
}

/** Triggers as `POST /trigger` does, for callers with the service secret. */
export function triggerProcedure(rooms: RoomPublisher): CallableProcedure {
  return builtIn({
    name: 'trigger',
    access: 'service',
    isReplaceable: true,
    description: TRIGGER,
    parameters: [
      required('rooms'),
      required('data'),
      optional('exclude', 'str'),
      optional('idempotency_key', 'str'),
    ],
    run: async (_call, [given, data, exclude, key]) => {
      const text = objectText([
        ...textOf('rooms', given),
        ...textOf('data', data),
        ...textOf('exclude', exclude),
      ]);
      return triggered(
        await pushed(TriggerError, () => rooms.trigger(text, 'http', key as string | undefined)),
      );
    },
  });
}

function triggered({ reached, appended }: Relayed): object {
  const format = 'Reached %(reached)s subscriptions here';
  if (!appended) return { status: 'ok', reached, _format: `${format}.` };
  const position = appended.position.toString();
  return appended.isRepeated
    ? { status: 'ok', reached, position, repeated: true, _format: 'Triggered before, at %(position)s.' }
    : { status: 'ok', reached, position, _format: `${format}, at %(position)s.` };
}

function textOf(name: string, value: unknown): [string, JsonText][] {
  return value === undefined ? [] : [[name, richJsonText(value)]];
}

/** @throws {ProcedureError} (400) when what is pushed is wrong, (503) when the broker could not take it. */
async function pushed<Result>(
  refusal: new (...args: never[]) => Error,
  push: () => Promise<Result>,
): Promise<Result> {
  try {
    return await push();
  } catch (cause) {
    if (cause instanceof refusal) throw new ProcedureError(cause.message, 400, { cause });
    throw new ProcedureError('The broker is not available.', 503, { cause });
  }
}
