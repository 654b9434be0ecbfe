import { texts } from '../kinds/collection.kind.js';
import { bytes, duration, integer } from '../kinds/number.kind.js';
import { section } from '../kinds/section.kind.js';
import { Setting } from '../kinds/setting.decorator.js';
import { FILE, HEADER_NAME, HTTP_ORIGIN, SIGNING_SECRET } from '../kinds/text-format.js';
import { choice, flag, text } from '../kinds/text.kind.js';
import { BreakerSettings } from './breaker.settings.js';

/** The statuses after which a callback is tried again: 5xx, 408 and 429, or any from 400 on. */
export const RETRIED = ['transient', 'any-error'] as const;
export type RetryOn = (typeof RETRIED)[number];

/** Callbacks to the app over HTTP. */
export class CallbacksSettings {
  @Setting({ kind: duration({ min: 1 }), about: 'How long one try may take, from when it has a connection.' })
  readonly timeoutMs: number = 15_000;

  @Setting({
    kind: integer({ min: 1, max: 100 }),
    about: 'How often a callback is tried before it has failed.',
  })
  readonly tries: number = 3;

  @Setting({ kind: duration(), about: 'The wait between two tries.' })
  readonly waitMs: number = 3_000;

  @Setting({
    kind: duration(),
    about: 'Each wait is longer by a random part of this, at most twice as long, so that the tries spread.',
  })
  readonly waitJitterMs: number = 1_000;

  @Setting({
    kind: duration(),
    about:
      'For how long the app is told again that a subscription, or a client of rooms, has ended, while it cannot be asked; `0s` is only as often as `tries` says.',
  })
  readonly endTimeoutMs: number = 300_000;

  @Setting({ kind: integer({ min: 0 }), about: 'Ends that wait to be told again; more are dropped.' })
  readonly endQueue: number = 10_000;

  @Setting({
    kind: choice(RETRIED),
    about:
      'After which statuses a callback is tried again: 5xx, 408 and 429 (`transient`), while 401 and 403 with JSON refuse, and other 4xx fail at once; or any from 400 on (`any-error`), as in SocketShark.',
  })
  readonly retryOn: RetryOn = 'transient';

  @Setting({
    kind: texts(HEADER_NAME),
    about:
      'After status 429, the first of these headers in the answer says how many seconds to wait instead.',
  })
  readonly rateLimitHeaders: readonly string[] = ['X-Rate-Limit-Reset'];

  @Setting({
    kind: text(FILE),
    optional: true,
    about: 'A PEM file of authorities to trust besides the known ones.',
  })
  readonly caFile?: string;

  @Setting({ kind: bytes(), about: 'An answer larger than this is a failed try.' })
  readonly maxResponseBytes: number = 1_048_576;

  @Setting({ kind: integer({ min: 1, max: 10_000 }), about: 'The most connections at a time to one origin.' })
  readonly connections: number = 64;

  @Setting({
    kind: integer({ min: 0 }),
    about:
      'Requests to one origin that wait for a connection, services and clients by turns; more have failed.',
  })
  readonly queue: number = 20_000;

  @Setting({
    kind: duration({ min: 1 }),
    about: 'A request that has waited for a connection for so long has failed.',
  })
  readonly queueTimeoutMs: number = 120_000;

  @Setting({
    kind: texts(HTTP_ORIGIN),
    about: 'Origins that a callback may be redirected to, besides its own.',
  })
  readonly redirectOrigins: readonly string[] = [];

  @Setting({
    kind: section(BreakerSettings),
    about: 'When an app that does not answer is left alone for a while (a circuit breaker).',
  })
  readonly breaker: BreakerSettings = new BreakerSettings();

  @Setting({
    kind: texts(SIGNING_SECRET),
    secret: true,
    about:
      'Secrets that all requests to the app are signed with, each with every one of them, as Standard Webhooks has it; none signs nothing.',
  })
  readonly signingSecrets: readonly string[] = [];

  @Setting({
    kind: flag(),
    about:
      'Whether requests that are not signed have a `webhook-id`, too, which stays the same over all tries; those that are signed always do.',
  })
  readonly sendIds: boolean = false;
}
