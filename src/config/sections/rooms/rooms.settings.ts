import { textMap } from '../../kinds/collection.kind.js';
import { duration, integer } from '../../kinds/number.kind.js';
import { section } from '../../kinds/section.kind.js';
import { Rule, Setting, type Disagreement } from '../../kinds/setting.decorator.js';
import { conflationKey, SLOW_CONSUMER_POLICIES, type SlowConsumerPolicy } from '../../kinds/slow-consumer.js';
import { ENDPOINT_PATH, FORWARDED_HEADER, HEADER_TEMPLATE } from '../../kinds/text-format.js';
import { choice, text } from '../../kinds/text.kind.js';
import { RoomHistorySettings } from './room-history.settings.js';
import { PresenceSettings } from '../presence.settings.js';
import { RabbitMqSettings } from './rabbitmq.settings.js';
import { RoomsApiSettings } from './rooms-api.settings.js';

/** The ways in which a trigger is matched with the subscriptions to rooms. */
export const ROOM_MATCHINGS = ['wildcard', 'literal'] as const;
export type RoomMatching = (typeof ROOM_MATCHINGS)[number];

/** Rooms: who may join them, and how they are triggered. */
@Rule(keyIsUsed)
@Rule(historyHasAll)
@Rule(queueIsKept)
export class RoomsSettings {
  @Setting({ kind: text(ENDPOINT_PATH), about: 'The path where clients connect to rooms.' })
  readonly path: string = '/rooms';

  @Setting({
    kind: section(RoomsApiSettings),
    optional: true,
    about: 'Where the app says which rooms a client may join. Without it a provider of the app must say so.',
  })
  readonly api?: RoomsApiSettings;

  @Setting({
    kind: textMap(FORWARDED_HEADER, HEADER_TEMPLATE),
    secret: true,
    about:
      "Headers of the requests to the app, made from the client's handshake: `{header.NAME}`, `{query.NAME}` and `{cookie.NAME}` are replaced; a header with one that is missing or empty is left out, and so is one set to an empty text. Added to, and in place of, Cookie, User-Agent, X-Real-IP, X-CSRFToken and Authorization.",
  })
  readonly headers: Readonly<Record<string, string>> = {};

  @Setting({
    kind: choice(ROOM_MATCHINGS),
    about:
      'Whether `*` in the room of a trigger or of a subscription stands for any value (`wildcard`), or only for itself, as in High-Templar (`literal`).',
  })
  readonly matching: RoomMatching = 'wildcard';

  @Setting({
    kind: duration(),
    about: 'A client that sends no message for this long is closed; `0s` is never.',
  })
  readonly idleMs: number = 300_000;

  @Setting({
    kind: duration({ min: 1 }),
    optional: true,
    about: 'How often the allowed rooms of a connection are asked for again.',
  })
  readonly renewalPeriodMs?: number;

  @Setting({ kind: integer({ min: 1, max: 100_000 }), about: 'The most rooms in one trigger.' })
  readonly maxRoomsPerTrigger: number = 1_000;

  @Setting({
    kind: choice(SLOW_CONSUMER_POLICIES),
    about:
      'For a client that reads too slowly: close it (`disconnect`) or drop the oldest triggers (`drop-oldest`) when `limits.outboxBytes` wait, or keep only the last of each `conflateKey` (`conflate`).',
  })
  readonly slowConsumer: SlowConsumerPolicy = 'disconnect';

  @Setting({
    kind: text(conflationKey(['room'])),
    about:
      'What `conflate` keeps the last trigger of: the `room` that was subscribed to, or each value of a member of the data.',
  })
  readonly conflateKey: string = 'room';

  @Setting({
    kind: section(RoomHistorySettings),
    optional: true,
    about:
      'How many triggers are kept, so that clients that come back get what they have missed; off without it.',
  })
  readonly history?: RoomHistorySettings;

  @Setting({
    kind: section(PresenceSettings),
    optional: true,
    about:
      'Who is there, in each room: the fields are members of the answer to `rooms.api`. Without this section it is not kept.',
  })
  readonly presence?: PresenceSettings;

  @Setting({
    kind: section(RabbitMqSettings),
    optional: true,
    about: 'RabbitMQ as a source of triggers, beside `POST /trigger`.',
  })
  readonly rabbitmq?: RabbitMqSettings;
}

/** Refuses a history in which the triggers of RabbitMQ would be missing. */
function historyHasAll({ history, rabbitmq }: RoomsSettings): Disagreement | undefined {
  if (!history || rabbitmq?.mode !== 'exclusive') return undefined;
  return {
    key: 'history',
    found: 'a history',
    expected:
      'none unless rooms.rabbitmq.mode is durable or stream: it would not have the triggers of RabbitMQ',
  };
}

/** Refuses a queue for all nodes whose triggers would reach one. */
function queueIsKept({ history, rabbitmq }: RoomsSettings): Disagreement | undefined {
  if (history || !rabbitmq || rabbitmq.mode === 'exclusive') return undefined;
  return {
    key: 'history',
    found: 'none',
    expected: `a history, for rooms.rabbitmq.mode is ${rabbitmq.mode}`,
  };
}

/** Refuses a key without its policy, which alone uses it. */
function keyIsUsed({ slowConsumer, conflateKey }: RoomsSettings): Disagreement | undefined {
  if (slowConsumer === 'conflate' || conflateKey === 'room') return undefined;
  return {
    key: 'conflateKey',
    found: JSON.stringify(conflateKey),
    expected: 'none unless slowConsumer is conflate',
  };
}
