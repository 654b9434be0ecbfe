import { toJsonText, type JsonMembers } from '../../protocol/json/json.js';
import { optionsText } from './state.js';

/** Options of a publication, besides its data. */
export interface PublicationOptions {
  /** Subscribers get publications of ascending order only; what comes late is dropped. */
  readonly order?: number | bigint | undefined;
  /** Orders are compared among publications of the same key. */
  readonly orderKey?: string | number | undefined;
  /** At most one delivery per this many seconds to each subscriber; the last one always arrives. */
  readonly throttle?: number | undefined;
  /** Throttling counts publications of the same key. */
  readonly throttleKey?: string | number | undefined;
  /** The time of publication, which subscribers are told. */
  readonly publishedAt?: Date | undefined;
  /** Values of filter fields: only subscriptions that have the same get the publication. */
  readonly fields?: Readonly<Record<string, unknown>> | undefined;
}

/**
 * A publication as it goes over the wire, but for its topic.
 * @throws {TypeError} when the data cannot be JSON, or the order or the time is not a finite number.
 */
export function publicationMembers(data: unknown, options: PublicationOptions): JsonMembers {
  const members: JsonMembers = new Map();
  for (const [name, value] of Object.entries(options.fields ?? {})) members.set(name, toJsonText(value));
  members.set('data', toJsonText(data));
  if (options.publishedAt) members.set('published_at', toJsonText(options.publishedAt.toISOString()));
  return members.set('options', optionsText(options));
}
