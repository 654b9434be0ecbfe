export interface TopicAnswer {
  readonly state?: unknown;
  /** An error code that refuses the subscription. */
  readonly refuse?: string;
  /** The seconds after which asking again makes sense, of one that is refused. */
  readonly retryAfter?: number;
  /** The time that the app takes. */
  readonly delayMs?: number;
  /** Publications that are kept for those who come back. Default: none, and then there are no positions. */
  readonly history?: number;
  /** The members. Changes are sent with `send()`. */
  readonly members?: readonly { readonly key: string | number; readonly info?: unknown }[];
  /** Answers messages of clients. */
  readonly onMessage?: (data: never) => unknown;
}

/** The answer of a room: it has no state, and hears nothing of its clients. */
export type RoomAnswer = Omit<TopicAnswer, 'state' | 'onMessage'>;

/** A publication as it stands in a history. */
export interface Published {
  readonly data: unknown;
  readonly position?: string;
}

/** The history, as one who subscribes is told it. */
export interface Recovery {
  readonly members: object;
  readonly missed: readonly Published[];
}

/** A topic of the fake server, with its history. */
export class FakeTopic {
  #last = 0;
  #kept: Published[] = [];

  constructor(
    readonly name: string,
    public answer: TopicAnswer,
  ) {}

  publish(data: unknown): Published {
    const { history = 0 } = this.answer;
    this.#last++;
    if (history === 0) return { data };
    const published = { data, position: `e.${this.#last}` };
    this.#kept = [...this.#kept, published].slice(-history);
    return published;
  }

  recovery(position: string | undefined, recovers: boolean): Recovery {
    if (!this.answer.history) return { members: {}, missed: [] };
    const now = `e.${this.#last}`;
    if (position === undefined) return { members: recovers ? { position: now } : {}, missed: [] };
    const missed = this.#since(position);
    if (missed) return { members: { recovered: true }, missed };
    return { members: { recovered: false, reason: 'gap_too_long', position: now }, missed: [] };
  }

  #since(position: string): readonly Published[] | undefined {
    const from = Number(position.slice(2));
    const missed = this.#last - from;
    return missed <= this.#kept.length ? this.#kept.slice(this.#kept.length - missed) : undefined;
  }
}
