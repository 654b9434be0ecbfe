import { elementsOf, toJsonText, type JsonText } from '../protocol/json/json.js';
import { Position, positionIn, withPosition } from '../protocol/position.js';
import { Publication } from '../protocol/publication.js';
import type { HistoryPage } from './history.js';
import { channelOf, relayFrame, textOf } from './relay-frame.js';

/** Before the header of a frame that is no publication, in the place of its channel: no topic begins with it. */
const MARK = '\0';
const MARK_OFFSET = 8;

/** A request to the process that keeps the histories. */
export type HistoryRequest =
  | {
      readonly id: number;
      readonly verb: 'append';
      readonly channel: string;
      readonly size: number;
      readonly ttlMs: number;
      readonly key?: string | undefined;
    }
  | { readonly id: number; readonly verb: 'read'; readonly channel: string; readonly start: string }
  | { readonly id: number; readonly verb: 'tops' };

/** Its answer. */
export interface HistoryAnswer {
  readonly id: number;
  /** The position of an append, or the top of a page. */
  readonly position?: string;
  readonly isRepeated?: boolean;
  /** Whether a page has publications. */
  readonly hasPublications?: boolean;
  /** Why there is none. */
  readonly error?: string;
}

/** Whether a frame is a request or an answer, no publication. */
export function isControl(frame: Buffer): boolean {
  return frame[MARK_OFFSET] === 0;
}

/** A frame with a header and a text. */
export function controlFrame(header: HistoryRequest | HistoryAnswer, text = NOTHING): Buffer {
  return relayFrame({ channel: MARK + JSON.stringify(header), text });
}

/** The request in a frame. */
export function requestOf(frame: Buffer): HistoryRequest {
  return headerOf(frame) as HistoryRequest;
}

/** The answer in a frame. */
export function answerOf(frame: Buffer): HistoryAnswer {
  return headerOf(frame) as HistoryAnswer;
}

/** The frame of a publication, with its position in the text. */
export function keptFrame(channel: string, publication: Publication): Buffer {
  return relayFrame({ channel, text: keptText(publication) });
}

/** The text of the publications of a page. */
export function pageText({ publications, ordered }: HistoryPage): JsonText {
  return `[${listText(publications ?? [])},${listText(ordered)}]` as JsonText;
}

/** The page that an answer has. */
export function pageOf(frame: Buffer, { position, hasPublications }: HistoryAnswer): HistoryPage {
  const [publications, ordered] = elementsOf(textOf(frame)).map(publicationsIn);
  return {
    top: Position.parse(position!)!,
    publications: hasPublications ? publications : undefined,
    ordered: ordered!,
  };
}

/** The text of a list of tops. */
export function topsText(tops: readonly (Position | undefined)[]): JsonText {
  return toJsonText(tops.map((top) => top?.toString() ?? null));
}

/** The tops that an answer has. */
export function topsOf(frame: Buffer): (Position | undefined)[] {
  const tops = JSON.parse(textOf(frame)) as (string | null)[];
  return tops.map((top) => (top === null ? undefined : Position.parse(top)));
}

const NOTHING = '' as JsonText;

function headerOf(frame: Buffer): unknown {
  return JSON.parse(channelOf(frame).slice(MARK.length));
}

/** The text of a list of publications, with their positions. */
export function listText(publications: readonly Publication[]): string {
  return `[${publications.map(keptText).join()}]`;
}

function keptText({ text, position }: Publication): JsonText {
  return withPosition(text, position!);
}

/** The publications of {@link listText}. */
export function publicationsIn(list: JsonText): Publication[] {
  return elementsOf(list).map((text) => {
    const publication = Publication.of(text);
    publication.position = positionIn(text);
    return publication;
  });
}
