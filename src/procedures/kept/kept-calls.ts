import { Injectable } from '@nestjs/common';
import { Cluster } from '../../cluster/cluster.js';
import { ClientError } from '../../protocol/errors.js';
import type { CallOrigin } from '../procedure-call.js';
import { PROCEDURE_ERRORS } from '../procedure-errors.js';
import type { Resumption } from '../resumption.js';
import type { CallCursor } from './following/call-cursor.js';
import { CallFollowers } from './following/call-followers.js';
import { isCallId } from './record/call-id.js';
import { CallRights } from './call-rights.js';
import { Grace } from './grace.js';
import { KeptRuns, type KeptStart } from './kept-runs.js';
import { KEPT_ERRORS } from './record/kept-errors.js';

/** Questions of one node to others, with the id of a call. */
const CANCEL = 'call.cancel';
const WATCHED = 'call.watched';

/** The form of a position: how many results were had. */
const POSITION = /^\d{1,15}$/;

/**
 * Calls that outlive the connection of their caller: started, watched and cancelled by whoever may, on any node. A position is
 * the number of the last result that somebody has had, or one more after the end.
 */
@Injectable()
export class KeptCalls {
  constructor(
    private readonly runs: KeptRuns,
    private readonly followers: CallFollowers,
    private readonly rights: CallRights,
    private readonly cluster: Cluster,
  ) {
    cluster.answer(CANCEL, (id) => this.cancelHere(id));
    cluster.answer(WATCHED, (id) => isCallId(id) && followers.isWatched(id));
    followers.whenWatched((id, count) => runs.of(id)?.grace?.watched(count > 0));
  }

  /**
   * Begins a call, or finds the one that was begun with its key.
   * @returns where its caller watches it from its beginning.
   * @throws {ClientError} when it is refused, or the broker cannot be reached.
   */
  async start(start: KeptStart, resumption: Resumption): Promise<CallCursor> {
    const id = await this.runs.start(start, resumption);
    const run = this.runs.of(id);
    const { graceMs } = resumption;
    if (run && graceMs !== undefined) {
      const stop = (): void => run.abort(KEPT_ERRORS.callAbandoned(), 'abandoned');
      run.grace = new Grace(graceMs, () => this.isWatched(id), stop);
    }
    return this.followers.watch(id, 0, async () => true);
  }

  /**
   * Watches a call.
   * @param position the last that was had; absent: from the beginning.
   * @throws {ClientError} `call_not_found`, also for who may not watch it, `position_lost`, or when the broker cannot be reached.
   * @throws {CallbackError} when the app could not be asked.
   */
  async watch(id: unknown, position: unknown, origin: CallOrigin): Promise<CallCursor> {
    if (!isCallId(id)) throw PROCEDURE_ERRORS.callNotFound();
    const at = position ?? '0';
    if (typeof at !== 'string' || !POSITION.test(at)) throw KEPT_ERRORS.positionLost();
    return this.followers.watch(id, Number(at), (head) => this.rights.mayWatch(id, head, origin));
  }

  /**
   * Ends a call for good, with the error `call_cancelled` for all who watch it.
   * @throws {ClientError} `call_not_found` when it has ended, or is another's; `service_unavailable` when its node does not answer.
   */
  async cancel(id: unknown, origin: CallOrigin): Promise<void> {
    const story = isCallId(id) ? await this.followers.storyOf(id) : undefined;
    if (!story?.head || story.end || !this.rights.isOwner(story.head, origin))
      throw PROCEDURE_ERRORS.callNotFound();
    const { byNode } = await this.cluster.askOne(story.node, CANCEL, id, asBoolean);
    const isCancelled = byNode.get(story.node);
    if (isCancelled === undefined) throw new ClientError('service_unavailable', 'Service unavailable.');
    if (!isCancelled) throw PROCEDURE_ERRORS.callNotFound();
  }

  private cancelHere(id: unknown): boolean {
    const run = isCallId(id) ? this.runs.of(id) : undefined;
    run?.abort(PROCEDURE_ERRORS.cancelled());
    return run !== undefined;
  }

  /** A node that does not answer may have somebody who watches. */
  private async isWatched(id: string): Promise<boolean> {
    const { byNode, nodes } = await this.cluster.ask(WATCHED, id, asBoolean);
    return nodes.answered < nodes.asked || [...byNode.values()].includes(true);
  }
}

function asBoolean(answer: unknown): boolean | undefined {
  return typeof answer === 'boolean' ? answer : undefined;
}
