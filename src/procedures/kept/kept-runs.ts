import { Injectable } from '@nestjs/common';
import { Leases } from '../../leases/leases.js';
import { objectText, toJsonText } from '../../protocol/json/json.js';
import type { CallRequest } from '../calls/call-request.js';
import { Calls } from '../calls/calls.js';
import type { RunningCall } from '../calls/running-call.js';
import type { Resumption } from '../resumption.js';
import { CallChannels } from './call-channels.js';
import { newCallId } from './call-id.js';
import { CallQuota, type Place } from './call-quota.js';
import { type KeptCall, KeptRun } from './kept-run.js';

/** The kind of the records of kept calls in the ledger. */
export const CALL = 'call';

/** The start of a call that is to be kept. */
export interface KeptStart extends Omit<CallRequest, 'signal'> {
  /** A start with the same key, of the same procedure by the same identity, is this one. */
  readonly idempotencyKey?: string | undefined;
}

/** A call that was admitted, and does not run yet. */
interface Prepared {
  readonly kept: KeptCall;
  readonly controller: AbortController;
  readonly place: Place;
}

/** The kept calls that this node runs. */
@Injectable()
export class KeptRuns {
  private readonly runs = new Map<string, KeptRun>();

  constructor(
    private readonly calls: Calls,
    private readonly channels: CallChannels,
    private readonly quota: CallQuota,
    private readonly leases: Leases,
  ) {}

  of(id: string): KeptRun | undefined {
    return this.runs.get(id);
  }

  /** All of them. */
  get all(): readonly KeptRun[] {
    return [...this.runs.values()];
  }

  /**
   * Begins a call, unless one was begun with its key.
   * @returns the id of the call; it runs here if {@link of} knows it.
   * @throws {ClientError} when it is refused, or the broker cannot be reached.
   */
  async start(start: KeptStart, resumption: Resumption): Promise<string> {
    const place = this.quota.take(start.origin.identity);
    let running: RunningCall | undefined;
    try {
      const controller = new AbortController();
      running = this.calls.prepare({ ...start, signal: controller.signal });
      const { name: procedure, origin } = start;
      const kept = { id: newCallId(), procedure, identity: origin.identity, running, resumption };
      const first = await this.begun(kept, start.idempotencyKey);
      if (first === kept.id) {
        await this.run({ kept, controller, place });
        return first;
      }
      running.finish('cancelled');
      place.release();
      return first;
    } catch (error) {
      running?.finish('error');
      place.release();
      throw error;
    }
  }

  /** @returns the id of the call that was begun with the key first. */
  private async begun(
    { id, procedure, identity, resumption }: KeptCall,
    key: string | undefined,
  ): Promise<string> {
    await this.channels.begin(id, { procedure, identity, request: undefined }, resumption);
    if (key === undefined) return id;
    return this.channels.firstOf({ procedure, identity, key }, id, resumption.ttlMs);
  }

  private async run({ kept, controller, place }: Prepared): Promise<void> {
    const { id, resumption } = kept;
    const writer = this.channels.writerOf(id, resumption, () => run.lease?.isOurs === false);
    const run: KeptRun = new KeptRun(kept, controller, writer);
    run.lease = this.leases.begin(CALL, id, { leaseBody: () => leaseBody(kept) });
    this.runs.set(id, run);
    await run.lease?.written;
    void this.untilOver(run, place);
  }

  private async untilOver(run: KeptRun, place: Place): Promise<void> {
    const isTold = await run.run();
    const { id, resumption } = run.kept;
    this.runs.delete(id);
    if (isTold) run.lease?.end();
    place.over(run.outcome, resumption.ttlMs);
  }
}

/** What another node has to know to tell the end of a call. */
function leaseBody({ id, procedure }: KeptCall): ReturnType<typeof objectText> {
  return objectText([
    ['call', toJsonText(id)],
    ['procedure', toJsonText(procedure)],
  ]);
}
