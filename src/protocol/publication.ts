import { INPUT_BOUNDS, type InputBounds, MAX_DIGITS, tooManyDigits } from './json/bounds.js';
import { canonicalJson } from './json/canonical-json.js';
import { JsonDocument } from './json/json-document.js';
import {
  decodeString,
  detached,
  isObject,
  isObjectText,
  membersOf,
  objectText,
  valueOf,
  type JsonMembers,
  type JsonText,
} from './json/json.js';
import { MemberFinder } from './json/member-finder.js';
import { type Position, positionIn, withoutPosition } from './position.js';
import { reformatTimestamp } from './timestamp.js';

/** A place in an order. Integers too large for a number are bigint, so that they compare exactly. */
export type Order = number | bigint;

/** The options of a publication for its own delivery. */
export interface DeliveryOptions {
  /** Publications of an order not above the highest seen are dropped. `undefined`: the order plays no part. */
  readonly order: Order | undefined;
  /** Orders are compared among publications of the same key; canonical JSON. */
  readonly orderKey: string;
  /** At most one delivery in so many milliseconds; zero or less never holds back. `undefined`: not throttled. */
  readonly throttleMs: number | undefined;
  /** Throttling counts publications of the same key; canonical JSON. */
  readonly throttleKey: string;
}

/** The text is not a publication; the message says what is wrong and where. */
export class PublicationError extends Error {
  override readonly name = 'PublicationError';
}

/** The key of publications without one. */
export const NO_KEY = 'null';

/** The options of a publication without any. */
export const NO_OPTIONS: DeliveryOptions = {
  order: undefined,
  orderKey: NO_KEY,
  throttleMs: undefined,
  throttleKey: NO_KEY,
};

/**
 * One message on its way from a service to the subscriptions of a topic. Its wire form, over HTTP and Redis alike:
 * `{"subscription": "books.book_1", "data": …, "published_at": "…", "options": {"order": 2, "order_key": "k",
 * "throttle": 0.1, "throttle_key": "k"}, "<filter field>": …}`; times are in seconds.
 */
export class Publication {
  /** The time at which the gateway took it in, in milliseconds since the epoch. */
  receivedAtMs = Date.now();
  /** The number of messages that waited behind it when it was handled; 0 where none ever waits. */
  queueSize = 0;
  /** Its place in the history of its channel, where one is kept. */
  position: Position | undefined = undefined;
  private knownMembers: JsonMembers | undefined = undefined;
  private comparable: Map<string, string | undefined> | undefined = undefined;

  private constructor(
    private source: JsonText | Buffer,
    private rawData: JsonText | Buffer,
    /** Its topic. */
    readonly subscription: string,
    readonly options: DeliveryOptions,
    /** The time of publication by the service, as ISO 8601; absent when it gave none, or an unknown form. */
    readonly publishedAt: string | undefined,
  ) {}

  /**
   * @param source its wire form. Bytes are kept, not copied, until {@link detach}; up to 512 bytes MUST be UTF-8.
   * @throws {PublicationError} when it is not JSON, not an object, or lacks `subscription` or `data`.
   */
  static parse(source: string | Buffer, bounds: InputBounds = INPUT_BOUNDS): Publication {
    const isFound = typeof source !== 'string' && source.length <= MAX_SCANNED_BYTES && MEMBERS.find(source);
    if (isFound) return Publication.ofBytes(source);
    return Publication.of(JsonDocument.read(source, { bounds, fault: PublicationError }).text);
  }

  /**
   * As {@link parse}, of text that is known to be valid JSON, within bounds.
   * @throws {PublicationError} when it is not an object, or lacks `subscription` or `data`.
   */
  static of(text: JsonText): Publication {
    if (!isObjectText(text)) throw new PublicationError('a publication must be a JSON object');
    return Publication.from(membersOf(text), text);
  }

  /** As {@link parse}, of members made here. @throws {PublicationError} when they lack `subscription` or `data`. */
  static from(members: JsonMembers, text = objectText(members)): Publication {
    const data = members.get('data');
    const options = members.get('options');
    const publication = new Publication(
      text,
      data ?? NULL,
      topicOf(members.get('subscription'), data !== undefined),
      options === undefined ? NO_OPTIONS : deliveryOptions(valueOf(options), options),
      publishedAtOf(members.get('published_at')),
    );
    publication.knownMembers = members;
    return publication;
  }

  /** @param bytes in which {@link MEMBERS} have been found. */
  private static ofBytes(bytes: Buffer): Publication {
    const subscription = jsonOf(bytes, 0);
    const options = jsonOf(bytes, 2);
    return new Publication(
      bytes,
      bytes.subarray(MEMBERS.places[2], MEMBERS.places[3]),
      topicOf(subscription, MEMBERS.places[3] !== 0),
      options === undefined ? NO_OPTIONS : deliveryOptions(valueOf(options), options),
      publishedAtOf(jsonOf(bytes, 3)),
    );
  }

  /** The publication as it was given. */
  get text(): JsonText {
    if (typeof this.source !== 'string') this.source = this.source.toString() as JsonText;
    return this.source;
  }

  /** The data as it was given, as the bytes or the text that it came in, for frames. */
  get raw(): JsonText | Buffer {
    return this.rawData;
  }

  /** The data as it was given. */
  get data(): JsonText {
    return this.rawData.toString() as JsonText;
  }

  /** Every member of the message, filter fields among them. */
  get members(): JsonMembers {
    this.knownMembers ??= membersOf(this.text);
    return this.knownMembers;
  }

  /** A member as canonical JSON, made once however many subscriptions ask; nothing for one that is not there. */
  canonical(name: string): string | undefined {
    this.comparable ??= new Map();
    if (this.comparable.has(name)) return this.comparable.get(name);
    const text = this.members.get(name);
    const canonical = text === undefined ? undefined : canonicalJson(text);
    this.comparable.set(name, canonical);
    return canonical;
  }

  /** Releases the bytes that it came in, which may be part of a larger buffer. Call it before keeping a publication. */
  detach(): void {
    this.source = this.text;
    this.rawData = this.data;
  }

  /** The same, without a position of another history that it may have come with. */
  unplaced(): Publication {
    if (!positionIn(this.text)) return this;
    const publication = Publication.of(withoutPosition(this.text));
    ({ receivedAtMs: publication.receivedAtMs, queueSize: publication.queueSize } = this);
    return publication;
  }

  /** As {@link detach}, for who keeps many: its members are read again when somebody asks for them. */
  slim(): void {
    this.detach();
    // A part of the text: a copy would take as much again.
    const { text, data } = this;
    const at = text.indexOf(data);
    this.rawData = text.slice(at, at + data.length) as JsonText;
    this.knownMembers = undefined;
    this.comparable = undefined;
  }
}

/** Longer bytes are parsed faster than scanned, unless they have more structure than text. */
const MAX_SCANNED_BYTES = 512;
const MEMBERS = new MemberFinder(['subscription', 'data', 'options', 'published_at']);

/** The text of one of {@link MEMBERS}. */
function jsonOf(bytes: Buffer, index: number): JsonText | undefined {
  const end = MEMBERS.places[2 * index + 1]!;
  return end === 0 ? undefined : (bytes.toString('utf8', MEMBERS.places[2 * index], end) as JsonText);
}

/** @throws {PublicationError} when there is no topic, or no data. */
function topicOf(subscription: JsonText | undefined, hasData: boolean): string {
  if (subscription?.[0] !== '"') throw new PublicationError('"subscription" must be a string');
  if (!hasData) throw new PublicationError('"data" is missing');
  return decodeString(subscription);
}

function publishedAtOf(text: JsonText | undefined): string | undefined {
  return text?.[0] === '"' ? reformatTimestamp(decodeString(text)) : undefined;
}

/**
 * Reads `options` of a publication or of a `before_subscribe` response; what is unusable in it is ignored.
 * @throws {PublicationError} for text that is a number with too many digits.
 */
export function deliveryOptions(value: unknown, text: JsonText | undefined): DeliveryOptions {
  if (!isObject(value) || text === undefined) return NO_OPTIONS;
  const members = membersOf(text);
  const throttle = numeric(members.get('throttle'));
  return {
    order: order(numeric(members.get('order'))),
    orderKey: keyOf(members.get('order_key')),
    throttleMs: throttle === undefined ? undefined : Number(throttle) * 1000,
    throttleKey: keyOf(members.get('throttle_key')),
  };
}

/** Detached, as keys outlive their publication. */
function keyOf(text: JsonText | undefined): string {
  return text === undefined ? NO_KEY : detached(canonicalJson(text));
}

const NULL = 'null' as JsonText;
const NUMBER = /^\s*[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?\s*$/;

/** The digits of a number or numeric string. */
function numeric(text: JsonText | undefined): string | undefined {
  const digits = text?.[0] === '"' ? (JSON.parse(text) as string) : text;
  if (digits !== undefined && digits.length > MAX_DIGITS && /^\s*[+-]?[\d.]/.test(digits))
    throw new PublicationError(tooManyDigits().message);
  return digits !== undefined && NUMBER.test(digits) ? digits.trim() : undefined;
}

function order(digits: string | undefined): Order | undefined {
  if (digits === undefined) return undefined;
  if (/^[+-]?\d{16,}$/.test(digits)) return BigInt(digits.replace('+', ''));
  const value = Number(digits);
  return Number.isFinite(value) ? value : undefined;
}
