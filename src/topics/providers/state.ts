import { Carrier } from '../../callbacks/providers/carrier.js';
import { objectText, toJsonText, type JsonText } from '../../protocol/json/json.js';

/** The place of a state among publications. */
export interface StateOptions {
  /** Publications of this order and below are older than the state: the client does not get them. */
  readonly order?: number | bigint | undefined;
  /** Orders are compared among publications of the same key. */
  readonly orderKey?: string | number | undefined;
  /** The state counts as a delivery: the next may come this many seconds later. */
  readonly throttle?: number | undefined;
  /** Throttling counts publications of the same key. */
  readonly throttleKey?: string | number | undefined;
  /**
   * The position of the last publication that is in the state, where the service keeps a history: clients that follow
   * positions get exactly what came after it.
   */
  readonly position?: string | undefined;
}

/** A state with an order, for `@BeforeSubscribe` to return: `return new State(book, { order: book.version })`. */
export class TopicState<Data = unknown> extends Carrier<Data> {
  private options: JsonText;

  /** @throws {TypeError} when the order or the time is not a finite number. */
  constructor(data: Data, options: StateOptions = {}) {
    super(data);
    this.options = optionsText(options);
  }

  override carrying<Other>(data: Other): TopicState<Other> {
    const state = new TopicState(data);
    state.options = this.options;
    return state;
  }

  /** The options as they go over the wire. */
  optionsText(): JsonText {
    return this.options;
  }
}

/**
 * The options of a state or a publication as they go over the wire.
 * @throws {TypeError} when the order or the time is not a finite number.
 */
export function optionsText({ order, orderKey, throttle, throttleKey, position }: StateOptions): JsonText {
  const members = new Map<string, JsonText>();
  if (order !== undefined) members.set('order', numberText('order', order));
  if (orderKey !== undefined) members.set('order_key', toJsonText(orderKey));
  if (throttle !== undefined) members.set('throttle', numberText('throttle', throttle));
  if (throttleKey !== undefined) members.set('throttle_key', toJsonText(throttleKey));
  if (position !== undefined) members.set('position', toJsonText(position));
  return objectText(members);
}

function numberText(name: string, value: number | bigint): JsonText {
  if (typeof value === 'bigint' || Number.isFinite(value)) return String(value) as JsonText;
  throw new TypeError(`${name} must be a finite number, not ${String(value)}`);
}
