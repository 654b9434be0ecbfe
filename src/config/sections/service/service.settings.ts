import { texts, textMap } from '../../kinds/collection.kind.js';
import { formatDuration } from '../../kinds/duration.js';
import { duration, integer } from '../../kinds/number.kind.js';
import { section } from '../../kinds/section.kind.js';
import { Rule, Setting, type Disagreement } from '../../kinds/setting.decorator.js';
import { conflationKey, SLOW_CONSUMER_POLICIES, type SlowConsumerPolicy } from '../../kinds/slow-consumer.js';
import { CALLBACK_URL, FILLED_TEXT, HEADER_NAME, HEADER_VALUE } from '../../kinds/text-format.js';
import { choice, flag, text } from '../../kinds/text.kind.js';
import { PresenceSettings } from '../presence.settings.js';
import { ServiceHistorySettings } from './service-history.settings.js';

/** The rules of one service, and the URLs where its app is asked. */
@Rule(jitterWithinPeriod)
@Rule(extraFieldsAreFree)
@Rule(keyIsUsed)
@Rule(gapsHaveHistory)
export class ServiceSettings {
  @Setting({ kind: flag(), about: 'Only authenticated clients may subscribe.' })
  readonly requireAuthentication: boolean = true;

  @Setting({
    kind: texts(FILLED_TEXT),
    about: "Members of the client's message that are passed on to the callbacks.",
  })
  readonly extraFields: readonly string[] = [];

  @Setting({
    kind: texts(FILLED_TEXT),
    about: 'A publication that has one of these fields reaches only subscriptions with the same value in it.',
  })
  readonly filterFields: readonly string[] = [];

  @Setting({ kind: text(CALLBACK_URL), optional: true, about: 'Asked whether a client may subscribe.' })
  readonly authorizer?: string;

  @Setting({
    kind: texts(FILLED_TEXT),
    about: "Members of the authorizer's answer that are passed on to later callbacks.",
  })
  readonly authorizerFields: readonly string[] = [];

  @Setting({ kind: duration({ min: 1 }), optional: true, about: 'How often the authorizer is asked again.' })
  readonly authorizationRenewalPeriodMs?: number;

  @Setting({
    kind: duration(),
    about: 'Each renewal comes earlier by a random part of this, so that they spread.',
  })
  readonly authorizationRenewalJitterMs: number = 0;

  @Setting({
    kind: duration(),
    about:
      'How long a subscription goes on while the authorizer cannot be asked again; `0s` is not at all, as in SocketShark.',
  })
  readonly authorizationGraceMs: number = 0;

  @Setting({
    kind: text(CALLBACK_URL),
    optional: true,
    about: 'Asked before a subscription begins; its answer may hold the current state for the client.',
  })
  readonly beforeSubscribe?: string;

  @Setting({
    kind: text(CALLBACK_URL),
    optional: true,
    about:
      'Asked about what clients have missed that is not kept any more; its answer may hold that, or the current state.',
  })
  readonly onGap?: string;

  @Setting({ kind: text(CALLBACK_URL), optional: true, about: 'Told that a subscription has begun.' })
  readonly onSubscribe?: string;

  @Setting({
    kind: text(CALLBACK_URL),
    optional: true,
    about: 'Asked about a message from a subscribed client.',
  })
  readonly onMessage?: string;

  @Setting({ kind: text(CALLBACK_URL), optional: true, about: 'Asked before a subscription ends.' })
  readonly beforeUnsubscribe?: string;

  @Setting({ kind: text(CALLBACK_URL), optional: true, about: 'Told that a subscription has ended.' })
  readonly onUnsubscribe?: string;

  @Setting({
    kind: text(CALLBACK_URL),
    optional: true,
    about: 'Asked when a renewal has brought other authorizer fields.',
  })
  readonly onAuthorizationChange?: string;

  @Setting({
    kind: duration({ min: 1 }),
    optional: true,
    about: 'How often `onHeartbeat` is told of a subscription.',
  })
  readonly heartbeatPeriodMs?: number;

  @Setting({
    kind: text(CALLBACK_URL),
    optional: true,
    about: 'Told, once per period, that a subscription lives.',
  })
  readonly onHeartbeat?: string;

  @Setting({
    kind: text(CALLBACK_URL),
    optional: true,
    about: 'Told, in lists, whose clients come and go, and which topics are used.',
  })
  readonly onLifecycle?: string;

  @Setting({ kind: duration({ min: 1 }), about: 'The least time from one such list to the next, per node.' })
  readonly lifecyclePeriodMs: number = 1_000;

  @Setting({ kind: integer({ min: 1, max: 100_000 }), about: 'The most events in one of them.' })
  readonly lifecycleEvents: number = 1_000;

  @Setting({
    kind: duration(),
    about: 'A topic that has subscriptions again within this time was not vacated.',
  })
  readonly lifecycleDebounceMs: number = 5_000;

  @Setting({
    kind: choice(SLOW_CONSUMER_POLICIES),
    about:
      'For a client that reads too slowly: close it (`disconnect`) or drop the oldest publications (`drop-oldest`) when `limits.outboxBytes` wait, or keep only the last of each `conflateKey` (`conflate`).',
  })
  readonly slowConsumer: SlowConsumerPolicy = 'disconnect';

  @Setting({
    kind: text(conflationKey(['topic', 'orderKey'])),
    about:
      'What `conflate` keeps the last publication of: the `topic`, each `orderKey`, or each value of a member of the data.',
  })
  readonly conflateKey: string = 'topic';

  @Setting({
    kind: section(ServiceHistorySettings),
    optional: true,
    about: 'What is kept of each topic, for clients that come back; without this section nothing is.',
  })
  readonly history?: ServiceHistorySettings;

  @Setting({
    kind: section(PresenceSettings),
    optional: true,
    about: 'Who is there, in each topic; without this section it is not kept.',
  })
  readonly presence?: PresenceSettings;

  @Setting({
    kind: flag(),
    about:
      'Whether equal questions to `authorizer` or `beforeSubscribe` at the same moment are one request, and answers of the authorizer are kept for the `Cache-Control: max-age` that they have.',
  })
  readonly coalesce: boolean = false;

  @Setting({
    kind: duration(),
    about: 'With `coalesce`, no answer is kept for longer, whatever its `max-age`; `0s` keeps none.',
  })
  readonly maxAnswerAgeMs: number = 60_000;

  @Setting({
    kind: textMap(HEADER_NAME, HEADER_VALUE),
    secret: true,
    about: "Headers of all callback requests of the service, such as the app's API key.",
  })
  readonly headers: Readonly<Record<string, string>> = {};
}

/** Refuses a key without its policy, which alone uses it. */
function keyIsUsed({ slowConsumer, conflateKey }: ServiceSettings): Disagreement | undefined {
  if (slowConsumer === 'conflate' || conflateKey === 'topic') return undefined;
  return {
    key: 'conflateKey',
    found: JSON.stringify(conflateKey),
    expected: 'none unless slowConsumer is conflate',
  };
}

/** Refuses a callback that would never be asked. */
function gapsHaveHistory({ onGap, history }: ServiceSettings): Disagreement | undefined {
  if (onGap === undefined || history) return undefined;
  return { key: 'onGap', found: 'a URL', expected: 'none without history: nothing is asked then' };
}

/** Refuses extra fields named like members of the protocol, for which the client's values would pass in frames. */
function extraFieldsAreFree({ extraFields, history, presence }: ServiceSettings): Disagreement | undefined {
  const taken = extraFields.find(
    (field) =>
      RESERVED_FIELDS.has(field) ||
      (history && HISTORY_FIELDS.has(field)) ||
      (presence && field === 'presence'),
  );
  if (taken === undefined) return undefined;
  return {
    key: 'extraFields',
    found: JSON.stringify(taken),
    expected: 'names other than members of the protocol',
  };
}

const HISTORY_FIELDS = new Set(['position', 'recover', 'recovered', 'reason']);
const RESERVED_FIELDS = new Set(['event', 'status', 'error', 'data', 'id', 'code']);

/** The wait for a renewal is the period less a random part of the jitter: it must not become negative. */
function jitterWithinPeriod(service: ServiceSettings): Disagreement | undefined {
  const { authorizationRenewalPeriodMs: periodMs, authorizationRenewalJitterMs: jitterMs } = service;
  if (periodMs === undefined || jitterMs <= periodMs) return undefined;
  return {
    key: 'authorizationRenewalJitter',
    found: formatDuration(jitterMs),
    expected: `at most authorizationRenewalPeriod, which is ${formatDuration(periodMs)}`,
  };
}

/** The injection token of the configured services, by name. */
export const SERVICE_SECTIONS = Symbol('kittiwake:service-sections');
