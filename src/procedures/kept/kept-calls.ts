import { Injectable } from '@nestjs/common';
import { ClientError } from '../../protocol/errors.js';
import type { CallOrigin } from '../procedure-call.js';
import { PROCEDURE_ERRORS } from '../procedure-errors.js';
import type { Resumption } from '../resumption.js';
import type { CallCursor } from './following/call-cursor.js';
import { CallFollowers } from './following/call-followers.js';
import { isCallId } from './record/call-id.js';
import { CallNodes } from './call-nodes.js';
import { CallRights } from './call-rights.js';
import { Grace } from './grace.js';
import type { KeptRun } from './kept-run.js';
import { KeptRuns, type KeptStart } from './kept-runs.js';
import { KEPT_ERRORS } from './record/kept-errors.js';

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
    private readonly nodes: CallNodes,
  ) {
    runs.whenBegun((run) => this.begun(run));
    followers.whenWatched((id, count) => runs.of(id)?.grace?.watched(count > 0));
  }

  /**
   * Begins a call, or finds the one that was begun with its key.
   * @returns where its caller watches it from its beginning.
   * @throws {ClientError} when it is refused, or the broker cannot be reached.
   */
  async start(start: KeptStart, resumption: Resumption): Promise<CallCursor> {
    const id = await this.runs.start(start, resumption);
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
    if (!isCallId(id)) throw PROCEDURE_ERRORS.callNotFound();
    const story = await this.followers.storyOf(id);
    if (!story?.head || story.end || !this.rights.isOwner(story.head, origin))
      throw PROCEDURE_ERRORS.callNotFound();
    const isCancelled = await this.nodes.cancel(story.node, id);
    if (isCancelled === undefined) throw new ClientError('service_unavailable', 'Service unavailable.');
    if (!isCancelled) throw PROCEDURE_ERRORS.callNotFound();
  }

  /** Whoever went on with it on this node: nobody may watch it any more. */
  private begun(run: KeptRun): void {
    const { id, resumption } = run.kept;
    const { graceMs } = resumption;
    if (graceMs === undefined) return;
    const stop = (): void => run.abort(KEPT_ERRORS.callAbandoned(), 'abandoned');
    run.grace = new Grace(graceMs, () => this.nodes.isWatched(id), stop);
    if (this.followers.isWatched(id)) run.grace.watched(true);
  }
}
