/** The types of a kind of topics; what is left out is `unknown`. */
export interface TopicType {
  /** The answer of the app to `beforeSubscribe`. */
  state?: unknown;
  /** The data of a publication. */
  update?: unknown;
  /** The data of a client's message. */
  message?: unknown;
  /** The answer of `onMessage`. */
  reply?: unknown;
  /** The extra fields of a subscription. */
  fields?: object;
  /** The info of a member. */
  presence?: unknown;
}

/** The types of rooms. */
export interface RoomType {
  /** The keys of rooms, and their values. */
  room: object;
  /** The data of a trigger. */
  data?: unknown;
  /** The info of a member. */
  presence?: unknown;
}

/** An app's types: topics by name or by pattern (`` `books.${string}` ``), procedures by the class of their provider. */
export interface Schema {
  topics?: object;
  rooms?: RoomType;
  procedures?: object;
}

type Topics<S> = S extends { topics: infer T } ? T : Record<string, TopicType>;
type Find<M, N extends string> = { [K in keyof M]: N extends K ? M[K] : never }[keyof M];
type Of<T, P extends keyof TopicType> = T extends { [K in P]: infer V } ? V : unknown;

/** The names that topics may have. */
export type TopicName<S> = keyof Topics<S> & string;
/** One type of the topic with this name. */
export type TopicPart<S, N extends string, P extends keyof TopicType> = Of<Find<Topics<S>, N>, P>;

type Rooms<S> = S extends { rooms: infer R } ? R : { room: object };
/** The rooms that there may be. */
export type RoomOf<S> = Rooms<S> extends { room: infer R extends object } ? R : object;
/** One type of rooms. */
export type RoomPart<S, P extends keyof RoomType> = Rooms<S> extends { [K in P]: infer V } ? V : unknown;

type Fn = (...args: never) => unknown;
type StreamFn = (...args: never) => AsyncIterable<unknown>;
type Procedures<S> = S extends { procedures: infer P } ? P : Record<string, (...args: unknown[]) => unknown>;

/** The names of procedures with one result. */
export type CallName<S> = {
  [K in keyof Procedures<S>]: Procedures<S>[K] extends Fn
    ? Procedures<S>[K] extends StreamFn
      ? never
      : K
    : never;
}[keyof Procedures<S>] &
  string;
/** The names of procedures that yield. */
export type StreamName<S> = S extends { procedures: infer P }
  ? { [K in keyof P]: P[K] extends StreamFn ? K : never }[keyof P] & string
  : string;

/** The parameters of a procedure: a list, or the object that is its only one. */
export type Params<S, N> = S extends { procedures: infer P }
  ? N extends keyof P
    ? P[N] extends (...args: infer A) => unknown
      ? A | (A extends [infer O extends object] ? O : never)
      : never
    : never
  : readonly unknown[] | object;
export type Result<S, N> = N extends keyof Procedures<S>
  ? Procedures<S>[N] extends (...args: never) => infer R
    ? Awaited<R>
    : never
  : unknown;
export type Item<S, N> = Result<S, N> extends AsyncIterable<infer T> ? T : unknown;
