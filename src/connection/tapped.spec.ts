import { Inbox, type InboxOwner } from './inbox/inbox.js';
import { LoopShare } from './inbox/loop-share.js';
import { textFrame } from './outflow/frame.js';
import { Outbox } from './outflow/outbox.js';
import { Outflow, type OutflowOwner } from './outflow/outflow.js';
import type { Sink } from './outflow/sink.js';
import { TappedOutflow } from './outflow/tapped-outflow.js';
import { type FrameListener, TappedInbox } from './inbox/tapped-inbox.js';

/** A listener, and what it has heard. */
class Ear implements FrameListener {
  readonly heard: string[] = [];

  received(payload: Buffer): void {
    this.heard.push(`in ${payload.toString()}`);
  }

  sent(payload: Buffer): void {
    this.heard.push(`out ${payload.toString()}`);
  }
}

describe('frames that somebody hears', () => {
  it('go to the client all the same, and each who hears can stop without the others', () => {
    const written: Buffer[] = [];
    const sink = {
      write: (frames: Buffer) => void written.push(frames),
      bufferedBytes: 0,
    } as unknown as Sink;
    const plain = new Outflow({ maxOutboxBytes: 1_000 } as OutflowOwner, sink, new Outbox());
    const [one, other] = [new Ear(), new Ear()];
    let outflow = new TappedOutflow(new TappedOutflow(plain, one), other) as TappedOutflow | Outflow;
    outflow.send(textFrame('a'));
    outflow = TappedOutflow.without(outflow, one) as TappedOutflow;
    outflow.send(textFrame('b'));
    expect(TappedOutflow.without(outflow, other)).toBe(plain);
    outflow.flush();
    expect([one.heard, other.heard]).toEqual([['out a'], ['out a', 'out b']]);
    expect(Buffer.concat(written)).toEqual(Buffer.concat([textFrame('a'), textFrame('b')]));
  });

  it('are handled all the same', () => {
    const handled: string[] = [];
    const owner = { handle: (frame: Buffer) => void handled.push(frame.toString()), overtakes: () => false };
    const plain = new Inbox(owner as unknown as InboxOwner, 1_000, new LoopShare());
    const [one, other] = [new Ear(), new Ear()];
    let inbox = new TappedInbox(new TappedInbox(plain, one), other);
    inbox.push(Buffer.from('a'), 0);
    inbox = TappedInbox.without(inbox, one) as TappedInbox;
    inbox.push(Buffer.from('b'), 0);
    expect(TappedInbox.without(inbox, other)).toBe(plain);
    expect(TappedInbox.without(undefined, one)).toBeUndefined();
    expect([handled, one.heard, other.heard]).toEqual([['a', 'b'], ['in a'], ['in a', 'in b']]);
  });
});
