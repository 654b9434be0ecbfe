import { canonicalJson } from './canonical-json.js';
import { isObject, JsonError, membersOf, parseJson, type JsonMembers, type JsonText } from './json.js';
import { reformatTimestamp } from './timestamp.js';

/** A place in an order. Integers too large for a number are bigint, so that they compare exactly. */
export type Order = number | bigint;

/** What a publication says about its own delivery. */
export interface DeliveryOptions {
  /** Publications of an order not above the highest seen are dropped. `undefined`: the order plays no part. */
  readonly order: Order | undefined;
  /** Orders are compared among publications of the same key; canonical JSON. */
  readonly orderKey: string;
  /** At most one delivery per this many milliseconds; none or a negative time never holds back. `undefined`: not throttled. */
  readonly throttleMs: number | undefined;
  /** Throttling counts publications of the same key; canonical JSON. */
  readonly throttleKey: string;
}

/** The text is not a publication; the message says what is wrong and where. */
export class PublicationError extends Error {
  override readonly name = 'PublicationError';
}

/** The options of a publication without any. */
export const NO_OPTIONS: DeliveryOptions = {
  order: undefined,
  orderKey: 'null',
  throttleMs: undefined,
  throttleKey: 'null',
};

/**
 * One message on its way from a service to the subscriptions of a topic. Its wire form, over HTTP and Redis alike:
 * `{"subscription": "books.book_1", "data": …, "published_at": "…", "options": {"order": 2, "order_key": "k",
 * "throttle": 0.1, "throttle_key": "k"}, "<filter field>": …}`; times are in seconds.
 */
export class Publication {
  /** When the gateway took it in, in milliseconds since the epoch. */
  readonly receivedAtMs = Date.now();

  private constructor(
    /** The publication as it was given. */
    readonly text: string,
    /** The topic it is for. */
    readonly subscription: string,
    readonly data: JsonText,
    /** Every member of the message, filter fields among them. */
    readonly members: JsonMembers,
    readonly options: DeliveryOptions,
    /** When the service published it, as ISO 8601; absent when it did not say, or not in a way that is understood. */
    readonly publishedAt: string | undefined,
  ) {}

  /** @throws {PublicationError} when the text is not JSON, not an object, or lacks `subscription` or `data`. */
  static parse(text: string): Publication {
    const value = parseValue(text);
    if (!isObject(value)) throw new PublicationError('a publication must be a JSON object');
    const { subscription, published_at: publishedAt } = value;
    if (typeof subscription !== 'string') throw new PublicationError('"subscription" must be a string');
    const members = membersOf(text);
    const data = members.get('data');
    if (data === undefined) throw new PublicationError('"data" is missing');
    const options = Object.hasOwn(value, 'options')
      ? deliveryOptions(value.options, members.get('options'))
      : NO_OPTIONS;
    const at = typeof publishedAt === 'string' ? reformatTimestamp(publishedAt) : undefined;
    return new Publication(text, subscription, data, members, options, at);
  }
}

/** Reads `options` of a publication or of a `before_subscribe` response; what is unusable in it is ignored. */
export function deliveryOptions(value: unknown, text: JsonText | undefined): DeliveryOptions {
  if (!isObject(value) || text === undefined) return NO_OPTIONS;
  const members = membersOf(text);
  const throttle = numeric(members.get('throttle'));
  return {
    order: order(numeric(members.get('order'))),
    orderKey: canonicalJson(members.get('order_key') ?? NULL),
    throttleMs: throttle === undefined ? undefined : Number(throttle) * 1000,
    throttleKey: canonicalJson(members.get('throttle_key') ?? NULL),
  };
}

const NULL = 'null' as JsonText;
const NUMBER = /^\s*[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?\s*$/;

function parseValue(text: string): unknown {
  try {
    return parseJson(text);
  } catch (error) {
    if (error instanceof JsonError) throw new PublicationError(error.message, { cause: error });
    throw error;
  }
}

/** The digits of a number or numeric string. */
function numeric(text: JsonText | undefined): string | undefined {
  const digits = text?.[0] === '"' ? (JSON.parse(text) as string) : text;
  return digits !== undefined && NUMBER.test(digits) ? digits.trim() : undefined;
}

function order(digits: string | undefined): Order | undefined {
  if (digits === undefined) return undefined;
  if (/^[+-]?\d{16,}$/.test(digits)) return BigInt(digits.replace('+', ''));
  const value = Number(digits);
  return Number.isFinite(value) ? value : undefined;
}
