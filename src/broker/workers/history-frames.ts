import { elementsOf, toJsonText, type JsonText } from '../../protocol/json/json.js';
import { Position, positionIn, withPosition } from '../../protocol/position.js';
import { Publication } from '../../protocol/publication.js';
import type { HistoryPage } from '../history.js';
import { type ControlAnswer, headerOf } from './control-frame.js';
import { relayFrame, textOf } from './relay-frame.js';

/** A request to the process that keeps the histories. */
export type HistoryRequest =
  | {
      readonly id: number;
      readonly verb: 'append';
      readonly channel: string;
      readonly size: number;
      readonly ttlMs: number;
      readonly isBrief?: boolean | undefined;
      readonly key?: string | undefined;
    }
  | { readonly id: number; readonly verb: 'read'; readonly channel: string; readonly start: string }
  | { readonly id: number; readonly verb: 'tops'; readonly areInUse: boolean };

/** Its answer. */
export interface HistoryAnswer extends ControlAnswer {
  /** The position of an append, or the top of a page. */
  readonly position?: string;
  readonly isRepeated?: boolean;
  /** Whether a page has publications. */
  readonly hasPublications?: boolean;
}

/** The answer in a frame. */
export function answerOf(frame: Buffer): HistoryAnswer {
  return headerOf(frame);
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
