import { Injectable } from '@nestjs/common';
import { Drain } from '../../base/drain.js';
import { Leases } from '../../leases/leases.js';
import { type JsonText, objectText, toJsonText } from '../../protocol/json/json.js';
import type { CallRequest } from '../calls/call-request.js';
import { Calls } from '../calls/calls.js';
import type { RunningCall } from '../calls/running-call.js';
import type { ProcedureArguments } from '../arguments.js';
import type { CallableProcedure } from '../procedure.js';
import type { Resumption } from '../resumption.js';
import { CallChannels } from './record/call-channels.js';
import { newCallId } from './record/call-id.js';
import { CallQuota, type Place } from './call-quota.js';
import type { CallStory } from './record/call-story.js';
import { type KeptCall, KeptRun } from './kept-run.js';

/** The kind of the records of kept calls in the ledger. */
export const KEPT_CALL = 'call';

const NOTHING_GIVEN: ProcedureArguments = { positional: [], named: new Map() };

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
  /** What is kept of it already, where this node goes on with it. */
  readonly story?: CallStory;
}

/** The kept calls that this node runs. */
@Injectable()
export class KeptRuns {
  private readonly runs = new Map<string, KeptRun>();
  private readonly drain = new Drain();

  constructor(
    private readonly calls: Calls,
    readonly channels: CallChannels,
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

  /** Resolves when none runs any more. */
  ended(): Promise<void> {
    return this.drain.drained();
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

  /**
   * Goes on with a call whose node is gone, after what is kept of it.
   * @throws {ClientError} when there are too many calls of the procedure.
   */
  async resume(id: string, procedure: CallableProcedure, story: CallStory): Promise<void> {
    const { continuation, resumption, signature } = procedure;
    const { request, identity } = story.head!;
    const controller = new AbortController();
    const origin = { identity, isService: false };
    const asked = { name: signature.name, given: NOTHING_GIVEN, origin, signal: controller.signal };
    const running = this.calls.prepareResumed(procedure, asked, ({ signal }) =>
      continuation!.resume(request!, story.count, signal),
    );
    const kept = { id, procedure: signature.name, identity, running, resumption: resumption! };
    await this.run({ kept, controller, place: this.quota.take(undefined), story });
  }

  /** @returns the id of the call that was begun with the key first. */
  private async begun(
    { id, procedure, identity, resumption, running }: KeptCall,
    key: string | undefined,
  ): Promise<string> {
    const { requestText: request } = running;
    await this.channels.begin(id, { procedure, identity, request }, resumption);
    if (key === undefined) return id;
    return this.channels.firstOf({ procedure, identity, key }, id, resumption.ttlMs);
  }

  private async run({ kept, controller, place, story }: Prepared): Promise<void> {
    const { id, resumption } = kept;
    const writer = this.channels.writerOf(id, resumption, () => run.lease?.isOurs === false, story);
    const run: KeptRun = new KeptRun(kept, controller, writer);
    run.lease = this.leases.begin(KEPT_CALL, id, { leaseBody: () => leaseBody(kept, this.channels.node) });
    this.runs.set(id, run);
    await run.lease?.written;
    this.drain.begin();
    run.over = this.untilOver(run, place);
  }

  private async untilOver(run: KeptRun, place: Place): Promise<void> {
    const isTold = await run.run();
    const { id, resumption } = run.kept;
    this.runs.delete(id);
    if (isTold) run.lease?.end();
    place.over(run.outcome, resumption.ttlMs);
    this.drain.end();
  }
}

/** What another node has to know to tell the end of a call, or to go on with it. */
function leaseBody({ id, procedure, identity }: KeptCall, node: string): JsonText {
  return objectText([
    ['call', toJsonText(id)],
    ['procedure', toJsonText(procedure)],
    ['identity', identity ? objectText(identity) : NOBODY],
    ['node', toJsonText(node)],
  ]);
}

const NOBODY = 'null' as JsonText;
