import type { Publication } from '../../protocol/publication.js';
import { controlFrame, type ControlHeader, headerOf } from './control-frame.js';
import { relayFrame, textOf } from './relay-frame.js';

/** The head of a frame with what a worker leaves to the others; there is no answer to it. */
interface WillHeader extends ControlHeader {
  /** The channel of the publication, whose text is that of the frame. */
  readonly will: string;
}

/** A frame that leaves a publication to the others; see `Broker.will`. */
export function willFrame(channel: string, { text }: Publication): Buffer {
  const header: WillHeader = { id: 0, will: channel };
  return controlFrame(header, text);
}

/** The frame that a control frame leaves to the others, as they get it; nothing if it is a request. */
export function willIn(frame: Buffer): Buffer | undefined {
  const header = headerOf(frame);
  return 'will' in header ? relayFrame({ channel: header.will as string, text: textOf(frame) }) : undefined;
}
