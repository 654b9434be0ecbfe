import type { JsonText } from '../../protocol/json/json.js';
import { channelOf, relayFrame } from './relay-frame.js';

/** Before the header of a frame that is no publication, in the place of its channel: no topic begins with it. */
const MARK = '\0';
const MARK_OFFSET = 8;

/** The members of every request and every answer. */
export interface ControlHeader {
  /** That of a request, which its answer has as well. */
  readonly id: number;
}

/** An answer, as far as all are alike. */
export interface ControlAnswer extends ControlHeader {
  /** Why there is none. */
  readonly error?: string;
}

/** Whether a frame is a request or an answer, no publication. */
export function isControl(frame: Buffer): boolean {
  return frame[MARK_OFFSET] === 0;
}

/** A frame with a header and a text. */
export function controlFrame(header: ControlAnswer, text = NOTHING): Buffer {
  return relayFrame({ channel: MARK + JSON.stringify(header), text });
}

/** The header of a control frame. It comes from another process of the same version. */
export function headerOf(frame: Buffer): ControlHeader {
  return JSON.parse(channelOf(frame).slice(MARK.length)) as ControlHeader;
}

const NOTHING = '' as JsonText;
