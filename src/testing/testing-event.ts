import { placeName } from './wording.js';

/** An event of a client, as the reference of the protocol has it; its `id` is added. */
export interface TestingEvent {
  readonly event: string;
  readonly [member: string]: unknown;
}

/** An event, as errors name it. */
export function eventName({ event, ...members }: TestingEvent): string {
  const about = members.subscription ?? members.procedure ?? members.room;
  return about === undefined ? event : `${event} of ${placeName(about as string | object)}`;
}
