import type { JsonText } from '../protocol/json/json.js';

/** Somebody who is present, by however many connections. */
export interface Member {
  /** The key by which members are told apart, as canonical JSON. */
  readonly key: string;
  /** Its public form: an object with the member `key`. */
  readonly text: JsonText;
}

/** That a connection makes somebody present, or does not any more. */
export interface PresenceChange {
  /** The id of the connection, which no other has. */
  readonly connection: string;
  /** Whom it makes present; absent when it ends. */
  readonly member: Member | undefined;
}

/** The members present at one time. */
export interface PresencePage {
  /** That of the latest news; 0 when nobody is present. */
  readonly number: number;
  /** The number of them. */
  readonly count: number;
  /** The members; absent when they are more than was asked for. */
  readonly members: readonly Member[] | undefined;
}

/** The news of one write. */
export interface PresenceNews extends Pick<PresencePage, 'number' | 'count'> {
  /** The members who have come, or are shown otherwise, and who is gone; absent when too many are present to tell. */
  readonly changes: PresenceChanges | undefined;
}

/** The members who have come, and the keys of those who have gone. */
export interface PresenceChanges {
  readonly joined: readonly Member[];
  readonly left: readonly string[];
}

/**
 * Keeps who is present on channels, for all nodes. A member is present as long as one of its connections is.
 *
 * Guarantee: changes of one node to a channel count in the order in which they were written. What has changed is sent to
 * those who have joined the channel (`presence-news.ts`), each news with the number after the one before. Where the book
 * has lost what it knew of a channel, or another server has it, numbers go on elsewhere: nodes see a hole, and MUST write
 * again what is theirs. Writing the same again changes nothing, whoever does it; of
 * a member what was written last is shown.
 */
export interface PresenceBook {
  /** Whether what a node has written stays when that is gone: somebody else has to take it out then. */
  readonly outlivesNodes: boolean;
  /**
   * @param max the most members that news name one by one.
   * @returns the number of the latest news, in which it is; 0 when nobody is present.
   * @throws {BrokerError} when it could not be written, or not be said whether it was.
   */
  write(channel: string, changes: readonly PresenceChange[], max: number): Promise<number>;
  /** @param max the most members that are given one by one. @throws {BrokerError} when it cannot be reached. */
  read(channel: string, max: number): Promise<PresencePage>;
}
