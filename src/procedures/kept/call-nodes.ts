import { Injectable } from '@nestjs/common';
import { Cluster } from '../../cluster/cluster.js';
import { PROCEDURE_ERRORS } from '../procedure-errors.js';
import { CallFollowers } from './following/call-followers.js';
import { KeptRuns } from './kept-runs.js';
import { isCallId } from './record/call-id.js';

/** Questions of one node to others, with the id of a call. */
const CANCEL = 'call.cancel';
const RUNS = 'call.runs';
const WATCHED = 'call.watched';

/** Questions of nodes to each other about kept calls. */
@Injectable()
export class CallNodes {
  /** Whether what others say cannot be heard. */
  private isCutOff = false;

  constructor(
    private readonly runs: KeptRuns,
    private readonly followers: CallFollowers,
    private readonly cluster: Cluster,
  ) {
    cluster.answer(CANCEL, (id) => this.cancelHere(id));
    cluster.answer(RUNS, (id) => isCallId(id) && runs.has(id));
    cluster.answer(WATCHED, (id) => isCallId(id) && followers.isWatched(id));
    cluster.whenLost(() => (this.isCutOff = true));
    cluster.whenBack(() => (this.isCutOff = false));
  }

  /** Has a node end a call that it runs. @returns whether it did; nothing when it does not answer. */
  async cancel(node: string, id: string): Promise<boolean | undefined> {
    const { byNode } = await this.cluster.askOne(node, CANCEL, id, asBoolean);
    return byNode.get(node);
  }

  /** Whether a node runs a call, or is about to; nothing when that cannot be said. */
  async isRunning(node: string, id: string): Promise<boolean | undefined> {
    const { byNode } = await this.cluster.askOne(node, RUNS, id, asBoolean);
    return byNode.get(node) ?? (this.mayBeThere(node) ? undefined : false);
  }

  /** Whether anybody watches a call, on any node. One that does not answer may have somebody who does. */
  async isWatched(id: string): Promise<boolean> {
    if (this.followers.isWatched(id)) return true;
    const { byNode, nodes } = await this.cluster.ask(WATCHED, id, asBoolean);
    return nodes.answered < nodes.asked || [...byNode.values()].includes(true);
  }

  /**
   * Whether a node may be there: one that was not heard for a minute is not, nor one that has said good-bye. As far as can be
   * said: not where there is no way to hear others.
   */
  mayBeThere(node: string): boolean {
    return this.isCutOff || this.cluster.isAlone || this.cluster.nodes.includes(node);
  }

  private cancelHere(id: unknown): boolean {
    const run = isCallId(id) ? this.runs.of(id) : undefined;
    run?.abort(PROCEDURE_ERRORS.cancelled());
    return run !== undefined;
  }
}

function asBoolean(answer: unknown): boolean | undefined {
  return typeof answer === 'boolean' ? answer : undefined;
}
