import type { LocalClients } from '../../../clients/local-clients.js';
import type { Answerer, Cluster } from '../../../cluster/cluster.js';
import type { Connection } from '../../../connection/connection.js';
import type { FrameListener } from '../../../connection/inbox/tapped-inbox.js';
import { FrameTap } from './frame-tap.js';
import { FrameTaps } from './frame-taps.js';

/** A connection that is heard, as far as that goes. */
class Heard {
  readonly id = 'c';
  isOpen = true;
  listener: FrameListener | undefined;

  tap(listener: FrameListener): () => void {
    this.listener = listener;
    return () => (this.listener = undefined);
  }

  get asConnection(): Connection {
    return this as unknown as Connection;
  }
}

function tapOf(connections: readonly Heard[]): FrameTap {
  const tap = new FrameTap(false);
  tap.hear(connections.map(({ asConnection }) => asConnection));
  return tap;
}

describe('what is heard of frames', () => {
  it('is fetched once, in order', () => {
    const one = new Heard();
    const tap = tapOf([one]);
    one.listener!.sent(Buffer.from('{"event":"a"}'));
    one.listener!.received(Buffer.from('"b"'));
    const common = { atMs: expect.any(Number), connection: 'c' };
    expect(tap.fetch()).toEqual({
      frames: [
        { ...common, direction: 'out', size: 13, text: '{"event":"a"}' },
        { ...common, direction: 'in', size: 3, text: '"<text, 1>"' },
      ],
      dropped: 0,
      connections: 1,
    });
    expect(tap.fetch()).toEqual({ frames: [], dropped: 0, connections: 1 });
  });

  it.each([
    ['many', '"x"', 500],
    ['long', JSON.stringify({ event: 'message', error: 'x'.repeat(200), reason: 'y'.repeat(250) }), 523],
  ])('is counted where too %s frames wait', (_case, frame, least) => {
    const one = new Heard();
    const tap = tapOf([one]);
    for (let sent = 0; sent < 600; sent++) one.listener!.sent(Buffer.from(frame));
    const { frames, dropped } = tap.fetch();
    expect(frames.length + dropped).toBe(600);
    expect(frames.length).toBeLessThanOrEqual(least);
    expect(frames.reduce((sum, { text }) => sum + text.length, 0)).toBeLessThan(262_144 + frame.length);
  });

  it('is that of a hundred connections at most, those that have ended apart', () => {
    const all = Array.from({ length: 120 }, () => new Heard());
    const tap = tapOf(all);
    expect(all.filter(({ listener }) => listener).length).toBe(100);
    all[0]!.isOpen = false;
    tap.hear(all.slice(1).map(({ asConnection }) => asConnection));
    expect([tap.fetch().connections, all[100]!.listener]).toEqual([100, expect.anything()]);
    tap.end();
    expect(all.slice(1).some(({ listener }) => listener)).toBe(false);
  });
});

describe('those who follow frames', () => {
  it('are twenty at most on a node, and one who has ended makes room', () => {
    let answer!: Answerer;
    const cluster = {
      answer: (_about: string, answerer: Answerer) => (answer = answerer),
    } as unknown as Cluster;
    const taps = new FrameTaps(cluster, { select: () => [] } as unknown as LocalClients);
    const follow = (tail: string, ends = false): unknown =>
      answer({ tail, selection: '{"identity":"ann"}', showsData: false, ends });
    for (let number = 0; number < 20; number++) follow(`t${number}`);
    expect(() => follow('t20')).toThrow('more than 20 follow');
    follow('t0', true);
    expect(follow('t20')).toEqual({ frames: [], dropped: 0, connections: 0 });
    taps.onApplicationShutdown();
  });
});
