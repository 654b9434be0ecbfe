import { textFrame } from '../connection/outflow/frame.js';

/** One piece of news for all who see it: the frame is made once for those whose frames begin alike. */
export class PresenceFrames {
  private readonly byHead = new Map<string, Buffer>();

  /** @param members the rest of the object. */
  constructor(private readonly members: string) {}

  /** @param head an object without its end. */
  beginningWith(head: string): Buffer {
    let frame = this.byHead.get(head);
    if (!frame) this.byHead.set(head, (frame = textFrame(`${head},${this.members}}`)));
    return frame;
  }
}
