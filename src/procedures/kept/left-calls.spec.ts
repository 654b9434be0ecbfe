import { toJsonText } from '../../protocol/json/json.js';
import type { CallableProcedure } from '../procedure.js';
import type { Procedures } from '../procedures.js';
import { failureText } from './call-failure.js';
import type { CallNodes } from './call-nodes.js';
import type { KeptRuns } from './kept-runs.js';
import { LeftCalls } from './left-calls.js';
import type { LossCallbacks } from './loss-callbacks.js';
import type { CallRecord } from './record/call-record.js';
import { CallStory } from './record/call-story.js';
import { KEPT_ERRORS } from './record/kept-errors.js';

const LEFT = { id: 'id', procedure: 'answer', node: 'first' };
const LOST = failureText('', KEPT_ERRORS.callLost());

/** A call of a node that is gone, and what the nodes that are left do about it. */
class World {
  readonly records: CallRecord[] = [
    {
      kind: 'head',
      procedure: 'answer',
      node: 'first',
      identity: undefined,
      request: toJsonText({ procedure: 'answer' }),
    },
    { kind: 'part', generation: 0, first: 1, results: [toJsonText('a')] },
  ];
  readonly done: string[] = [];
  /** Whether the node that has taken it runs it; nothing where that does not answer. */
  isRunning: boolean | undefined;
  canGoOn = true;

  readonly left = new LeftCalls(
    { find: () => ({ continuation: this.canGoOn ? {} : undefined }) as CallableProcedure } as Pick<
      Procedures,
      'find'
    > as Procedures,
    {
      channels: {
        storyOf: async () => this.story,
        keep: async (_id: string, record: CallRecord) => void this.records.push(record),
      },
      takeOver: async (_id: string, _procedure: unknown, story: CallStory) => {
        this.done.push(`goes on after ${story.count}`);
        return this.story;
      },
    } as unknown as KeptRuns,
    { isRunning: async () => this.isRunning } as Pick<CallNodes, 'isRunning'> as CallNodes,
    { count: (outcome: string) => void this.done.push(outcome) } as Pick<
      LossCallbacks,
      'count'
    > as LossCallbacks,
  );

  get story(): CallStory | undefined {
    if (this.records.length === 0) return undefined;
    const story = new CallStory();
    for (const record of this.records) story.take(record);
    return story;
  }

  /** Another node has said that it goes on with it. */
  take(node = 'second'): this {
    this.records.push({ kind: 'taking', node, generation: 1 });
    return this;
  }
}

describe('a call whose node is gone', () => {
  it('goes on where its app can', async () => {
    const world = new World();
    await expect(world.left.lostAfter(LEFT)).resolves.toBeUndefined();
    expect(world.done).toEqual(['goes on after 1', 'taken_over']);
  });

  it('ends as lost where it cannot, once', async () => {
    const world = new World();
    world.canGoOn = false;
    for (let tries = 0; tries < 2; tries++) await expect(world.left.lostAfter(LEFT)).resolves.toBe(1);
    expect(world.done).toEqual(['lost']);
    expect(world.story!.end).toMatchObject({ how: 'failed', failure: LOST });
  });

  it('is lost after nothing where it was in the memory of the node', async () => {
    const world = new World();
    world.records.length = 0;
    await expect(world.left.lostAfter(LEFT)).resolves.toBe(0);
  });

  it('is left to the node that runs it by now', async () => {
    const world = new World().take();
    world.isRunning = true;
    await expect(world.left.lostAfter(LEFT)).resolves.toBeUndefined();
    expect(world.done).toEqual([]);
  });

  // One that was killed between taking a call and the record that says so left it to nobody: its watchers waited for ever.
  it('is not left to one that has taken it and does not run it', async () => {
    const world = new World().take();
    world.isRunning = false;
    await world.left.lostAfter(LEFT);
    expect(world.done).toEqual(['goes on after 1', 'taken_over']);
  });

  it('is tried again later where that one does not answer', async () => {
    const world = new World().take();
    await expect(world.left.lostAfter(LEFT)).rejects.toThrow('does not answer');
    expect(world.done).toEqual([]);
  });
});
