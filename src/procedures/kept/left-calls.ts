import { Injectable } from '@nestjs/common';
import { CallbackError, ClientError } from '../../protocol/errors.js';
import type { CallableProcedure } from '../procedure.js';
import { Procedures } from '../procedures.js';
import type { Resumption } from '../resumption.js';
import { failureIn, failureText } from './call-failure.js';
import { CallNodes } from './call-nodes.js';
import { KeptRuns } from './kept-runs.js';
import { LossCallbacks } from './loss-callbacks.js';
import type { CallStory } from './record/call-story.js';
import { KEPT_ERRORS } from './record/kept-errors.js';

/** A call whose node is gone. */
export interface LeftCall {
  readonly id: string;
  /** The name of its procedure. */
  readonly procedure: string;
  readonly node: string;
}

/** The retention of a call on whose procedure this node knows nothing: just long enough for those who watch it. */
const UNKNOWN: Resumption = { ttlMs: 60_000, maxBytes: 1_048_576, graceMs: undefined, takesOver: false };

/** Goes on with kept calls whose node is gone, where their procedures allow it. The others end: all who watch them are told. */
@Injectable()
export class LeftCalls {
  constructor(
    private readonly procedures: Procedures,
    private readonly runs: KeptRuns,
    private readonly nodes: CallNodes,
    private readonly callbacks: LossCallbacks,
  ) {}

  /**
   * Has a call go on, or end.
   * @returns after how many results it is lost; nothing if it is not.
   * @throws when that cannot be done, or not be said, for the time being.
   */
  async lostAfter({ id, procedure: name, node }: LeftCall): Promise<number | undefined> {
    let story = await this.runs.channels.storyOf(id);
    // It was in the memory of the node.
    if (!story) return 0;
    if (!story.end && (await this.isLeft(id, story, node)))
      story = await this.settled(id, story, this.procedures.find(name));
    return story && isLost(story) ? story.count : undefined;
  }

  /** Ends a call as lost. @throws {ClientError} when the broker cannot be reached. */
  async lose(id: string, { count, generation }: CallStory, resumption: Resumption = UNKNOWN): Promise<void> {
    const failure = failureText('', KEPT_ERRORS.callLost());
    const end = { how: 'failed', hasLast: false, failure } as const;
    this.callbacks.count('lost');
    await this.runs.channels.keep(
      id,
      { kind: 'part', generation, first: count + 1, results: [], end },
      resumption,
    );
  }

  /** Whether nobody runs it. A node that has taken it may be gone itself, before there was a record that says so. */
  private async isLeft(id: string, story: CallStory, node: string): Promise<boolean> {
    if (story.node === node) return true;
    const isRunning = await this.nodes.isRunning(story.node, id);
    if (isRunning === undefined) throw new CallbackError('the node that has taken the call does not answer');
    return !isRunning;
  }

  /** @returns what is kept of the call then; nothing of one that goes on. */
  private async settled(
    id: string,
    story: CallStory,
    procedure: CallableProcedure | undefined,
  ): Promise<CallStory | undefined> {
    if (procedure?.continuation && story.head!.request !== undefined) {
      const taken = await this.runs.takeOver(id, procedure, story);
      if (!taken || taken.end) return taken;
      this.callbacks.count('taken_over');
      return undefined;
    }
    await this.lose(id, story, procedure?.resumption);
    return this.runs.channels.storyOf(id);
  }
}

function isLost({ end }: CallStory): boolean {
  if (end?.failure === undefined) return false;
  const failure = failureIn(end.failure);
  return failure instanceof ClientError && failure.code === KEPT_ERRORS.callLost().code;
}
