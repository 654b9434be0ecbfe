import { Fanout } from '../../delivery/fanout.js';
import { CallbackAnswerError } from '../../protocol/errors.js';
import {
  elementsOf,
  isListText,
  isObjectText,
  membersOf,
  toJsonText,
  valueOf,
  type JsonMembers,
  type JsonText,
} from '../../protocol/json/json.js';
import { Position } from '../../protocol/position.js';
import { Publication, PublicationError } from '../../protocol/publication.js';

/** A service's answer about a gap. */
export interface GapAnswer {
  /** The publications since the position of the client, in order. */
  readonly missed?: readonly Fanout[];
  /** An answer with the state in its place, as that of `beforeSubscribe`. */
  readonly state?: JsonMembers;
  /** Up to where the one or the other goes, if the service says it. */
  readonly position: Position | undefined;
}

/**
 * Reads the answer of a service to a gap in a topic.
 * @param maxCount the most publications.
 * @returns nothing when it has neither publications nor a state.
 * @throws {CallbackAnswerError} when what it has are no publications of the topic, or too many.
 */
export function readGapAnswer(topic: string, answer: JsonMembers, maxCount: number): GapAnswer | undefined {
  const list = answer.get('publications');
  if (isGiven(list)) return { missed: publicationsIn(list, topic, maxCount), position: positionIn(answer) };
  if (!isGiven(answer.get('data'))) return undefined;
  return { state: answer, position: statePosition(answer) };
}

/** The position that a service gives for a state, in the options of its answer. */
export function statePosition(answer: JsonMembers): Position | undefined {
  const options = answer.get('options');
  return options !== undefined && isObjectText(options) ? positionIn(membersOf(options)) : undefined;
}

function positionIn(members: JsonMembers): Position | undefined {
  const text = members.get('position');
  const position = text && valueOf(text);
  return typeof position === 'string' ? Position.parse(position) : undefined;
}

function isGiven(text: JsonText | undefined): text is JsonText {
  return text !== undefined && text !== 'null';
}

function publicationsIn(list: JsonText, topic: string, maxCount: number): Fanout[] {
  if (!isListText(list)) throw new CallbackAnswerError('"publications" must be a list');
  const items = elementsOf(list);
  if (items.length > maxCount)
    throw new CallbackAnswerError(`${items.length} publications are more than ${maxCount}`);
  return items.map((item, index) => new Fanout(publicationIn(item, index, topic), true, 'held'));
}

function publicationIn(item: JsonText, index: number, topic: string): Publication {
  try {
    const members = isObjectText(item) ? membersOf(item) : new Map<string, JsonText>();
    return Publication.from(members.set('subscription', toJsonText(topic)));
  } catch (cause) {
    if (!(cause instanceof PublicationError)) throw cause;
    throw new CallbackAnswerError(`publication ${index}: ${cause.message}`, { cause });
  }
}
