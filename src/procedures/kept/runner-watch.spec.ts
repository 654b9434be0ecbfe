import { jest } from '@jest/globals';
import type { Leases } from '../../leases/leases.js';
import type { CallNodes } from './call-nodes.js';
import type { CallFollowers } from './following/call-followers.js';
import type { LeftCalls } from './left-calls.js';
import { CallStory } from './record/call-story.js';
import { RunnerWatch } from './runner-watch.js';

/** A node where calls of others are watched. */
class World {
  readonly stories = new Map<string, CallStory>();
  readonly there = new Set(['a', 'b']);
  readonly lost: string[] = [];
  isBrokerAway = false;
  readonly runnerWatch: RunnerWatch;
  private changed = (): void => undefined;

  constructor(areKept = false) {
    const followers = {
      whenWatched: (changed: () => void) => (this.changed = changed),
    } as unknown as CallFollowers;
    Object.defineProperties(followers, {
      areAny: { get: () => this.stories.size > 0 },
      stories: { get: () => [...this.stories] },
    });
    const left = {
      lose: async (id: string, story: CallStory) => {
        if (this.isBrokerAway) throw new Error('away');
        this.lost.push(id);
        story.end = { how: 'failed', hasLast: false };
      },
    } as Pick<LeftCalls, 'lose'> as LeftCalls;
    const nodes = { mayBeThere: (node: string) => this.there.has(node) } as Pick<
      CallNodes,
      'mayBeThere'
    > as CallNodes;
    this.runnerWatch = new RunnerWatch(followers, left, nodes, { areKept } as Leases);
  }

  watch(id: string, node: string): void {
    this.stories.set(id, Object.assign(new CallStory(), { node }));
    this.changed();
  }

  leaveAll(): void {
    this.stories.clear();
    this.changed();
  }
}

describe('who watches calls of a node that is killed, without a ledger', () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());

  // Watchers on the other worker waited for ever.
  it('is told when the node has not been there for a while', async () => {
    const world = new World();
    world.watch('one', 'a');
    world.watch('two', 'b');
    await jest.advanceTimersByTimeAsync(60_000);
    world.there.delete('a');
    await jest.advanceTimersByTimeAsync(9_000);
    expect(world.lost).toEqual([]);
    await jest.advanceTimersByTimeAsync(11_000);
    expect(world.lost).toEqual(['one']);
    await jest.advanceTimersByTimeAsync(60_000);
    expect(world.lost).toEqual(['one']);
  });

  it('is not told of one that comes back, and later where the broker is away', async () => {
    const world = new World();
    world.watch('one', 'a');
    world.there.delete('a');
    await jest.advanceTimersByTimeAsync(9_000);
    world.there.add('a');
    await jest.advanceTimersByTimeAsync(6_000);
    world.there.delete('a');
    await jest.advanceTimersByTimeAsync(9_000);
    expect(world.lost).toEqual([]);
    world.isBrokerAway = true;
    await jest.advanceTimersByTimeAsync(20_000);
    world.isBrokerAway = false;
    await jest.advanceTimersByTimeAsync(5_000);
    expect(world.lost).toEqual(['one']);
  });

  it('leaves no timer behind, and needs none where there is a ledger', () => {
    const world = new World();
    world.watch('one', 'a');
    expect(jest.getTimerCount()).toBe(1);
    world.leaveAll();
    expect(jest.getTimerCount()).toBe(0);
    new World(true).watch('one', 'a');
    expect(jest.getTimerCount()).toBe(0);
  });
});
