import { Injectable, Logger } from '@nestjs/common';
import type { Closable } from '../../base/lifetime.js';
import { messageOf } from '../../base/message-of.js';
import { settlesWithin } from '../../base/time-limit.js';
import { ProceduresSettings } from '../../config/sections/procedures/procedures.settings.js';
import { objectOrNull } from '../../protocol/json/json.js';
import { KEPT_ERRORS } from './record/kept-errors.js';
import type { KeptRun } from './kept-run.js';
import { KeptRuns } from './kept-runs.js';
import { LossCallbacks } from './loss-callbacks.js';

/** The time for the app to hear of calls that are lost, and for their ends to be kept. */
const LAST_WORDS_MS = 2_000;

/** The end of the kept calls of this node, when the gateway stops: they have a time to end, then others go on with them. */
@Injectable()
export class KeptCallsEnd implements Closable {
  private readonly logger = new Logger('Procedures');

  constructor(
    private readonly runs: KeptRuns,
    private readonly callbacks: LossCallbacks,
    private readonly settings: ProceduresSettings,
  ) {}

  async close(): Promise<void> {
    if (await settlesWithin(this.settings.kept?.shutdownMs ?? 0, this.runs.ended())) return;
    const left = this.runs.all;
    const handedOver = left.filter((run) => run.handOver());
    const lost = left.filter((run) => !handedOver.includes(run));
    this.logger.warn(
      `${left.length} calls that were to be kept have not ended: ${handedOver.length} are left to another node, ${lost.length} are lost`,
    );
    await settlesWithin(LAST_WORDS_MS, Promise.all(lost.map((run) => this.lose(run))));
    for (const run of this.runs.all) run.leave();
  }

  private async lose(run: KeptRun): Promise<void> {
    const { id, procedure, identity } = run.kept;
    run.isOwed = true;
    run.abort(KEPT_ERRORS.callLost(), 'lost');
    await run.over;
    const call = { id, procedure, identity: objectOrNull(identity), results: run.count };
    try {
      const end = { id: run.lease?.key ?? id, reason: 'node_lost' } as const;
      await this.callbacks.tell(call, end, new AbortController().signal);
      run.lease?.end();
    } catch (error) {
      const then = run.lease ? ' yet: another node, or the next one here, tells it' : '';
      this.logger.warn(
        `the app was not told that a call of ${procedure} is lost${then}: ${messageOf(error)}`,
      );
    }
  }
}
