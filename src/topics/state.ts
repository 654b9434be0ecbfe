import { objectText, toJsonText, type JsonText } from '../protocol/json.js';

/** Where a state stands among publications. */
export interface StateOptions {
  /** Publications of this order and below are older than the state: the client does not get them. */
  readonly order?: number | bigint;
  readonly orderKey?: string | number;
  /** The state counts as a delivery: the next may come this many seconds later. */
  readonly throttle?: number;
  readonly throttleKey?: string | number;
}

/** What `@BeforeSubscribe` returns to give the state an order: `return new State(book, { order: book.version })`. */
export class State {
  constructor(
    readonly data: unknown,
    private readonly options: StateOptions = {},
  ) {}

  /** The options as they go over the wire. */
  optionsText(): JsonText {
    const { order, orderKey, throttle, throttleKey } = this.options;
    const members = new Map<string, JsonText>();
    if (order !== undefined) members.set('order', String(order) as JsonText);
    if (orderKey !== undefined) members.set('order_key', toJsonText(orderKey));
    if (throttle !== undefined) members.set('throttle', toJsonText(throttle));
    if (throttleKey !== undefined) members.set('throttle_key', toJsonText(throttleKey));
    return objectText(members);
  }
}
