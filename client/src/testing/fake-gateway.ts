import type { FakeCall } from './fake-call.js';
import type { FakeClock } from './fake-clock.js';
import type { FakeTopic } from './fake-topic.js';

/** The key of a room. */
export const roomKey = (room: object): string =>
  JSON.stringify(Object.entries(room).toSorted(([one], [other]) => (one < other ? -1 : 1)));

/** Answers an `auth`: for how many seconds it holds, nothing for ever, or an error code that refuses it. */
export type Authenticate = (credential: object) => number | string | undefined;

/** A procedure of a test. */
export interface FakeProcedure {
  readonly fn: (...args: never[]) => unknown;
  /** Its calls go on without their connection. */
  readonly resumable?: boolean | undefined;
}

/** The part that all sessions share. */
export interface FakeGateway {
  readonly clock: FakeClock;
  readonly topics: Map<string, FakeTopic>;
  readonly rooms: Map<string, FakeTopic>;
  readonly procedures: Map<string, FakeProcedure>;
  /** Kept calls by their ids, and by the keys of their starts. */
  readonly calls: Map<unknown, FakeCall>;
  readonly received: Record<string, unknown>[];
  authenticate: Authenticate;
  isSilent: boolean;
}
