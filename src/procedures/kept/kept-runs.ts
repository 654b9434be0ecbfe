import { Injectable } from '@nestjs/common';
import { Drain } from '../../base/drain.js';
import type { Lease } from '../../leases/lease.js';
import { Leases } from '../../leases/leases.js';
import type { CallOutcome } from '../../metrics/procedure.metrics.js';
import { ClientError } from '../../protocol/errors.js';
import { type JsonText, objectOrNull, objectText, toJsonText } from '../../protocol/json/json.js';
import type { CallRequest } from '../calls/call-request.js';
import { Calls } from '../calls/calls.js';
import type { ProcedureArguments } from '../arguments.js';
import { PROCEDURE_ERRORS } from '../procedure-errors.js';
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
  /** Its record in the ledger, where there is one. */
  lease?: Lease | undefined;
  /** The story that is kept of it already, where this node goes on with it. */
  story?: CallStory | undefined;
}

/** Told of a call that has begun to run here. */
export type RunListener = (run: KeptRun) => void;

/** The kept calls that this node runs. */
@Injectable()
export class KeptRuns {
  private readonly runs = new Map<string, KeptRun>();
  /** Those that this node is about to go on with. */
  private readonly taking = new Set<string>();
  private readonly listeners: RunListener[] = [];
  private readonly drain = new Drain();

  constructor(
    private readonly calls: Calls,
    readonly channels: CallChannels,
    private readonly quota: CallQuota,
    private readonly leases: Leases,
  ) {}

  whenBegun(listener: RunListener): void {
    this.listeners.push(listener);
  }

  of(id: string): KeptRun | undefined {
    return this.runs.get(id);
  }

  /** Whether this node runs it, or is about to. */
  has(id: string): boolean {
    return this.runs.has(id) || this.taking.has(id);
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
   * Begins a call, unless one was begun with its key: to come for that, no place among the calls is needed.
   * @returns the id of the call; it runs here if {@link of} knows it.
   * @throws {ClientError} when it is refused, or the broker cannot be reached.
   */
  async start(start: KeptStart, resumption: Resumption): Promise<string> {
    const { name: procedure, origin, idempotencyKey: key } = start;
    let prepared: Prepared;
    try {
      prepared = this.prepare(start, resumption);
    } catch (error) {
      const first =
        key !== undefined && isFull(error) && (await this.channels.knownBy({ procedure, origin, key }));
      if (first) return first;
      throw error;
    }
    try {
      await this.enter(prepared);
      const { id } = prepared.kept;
      const first =
        key === undefined
          ? id
          : await this.channels.firstOf({ procedure, origin, key }, id, resumption.ttlMs);
      if (first === id) this.run(prepared);
      else giveUp(prepared, 'cancelled');
      return first;
    } catch (error) {
      giveUp(prepared, 'error');
      throw error;
    }
  }

  /**
   * Goes on with a call whose node is gone, after what is kept of it.
   * @returns what is kept of it then; if it has ended meanwhile, there was nothing to go on with.
   * @throws {ClientError} when there are too many calls of the procedure, or the broker cannot be reached.
   */
  async takeOver(id: string, procedure: CallableProcedure, left: CallStory): Promise<CallStory | undefined> {
    const prepared = this.prepareResumed(id, procedure, left);
    this.taking.add(id);
    try {
      const story = (prepared.story = await this.channels.take(id, left, prepared.kept.resumption));
      if (!story || story.end) giveUp(prepared, 'cancelled');
      else {
        await this.lease(prepared)?.written;
        this.run(prepared);
      }
      return story;
    } catch (error) {
      giveUp(prepared, 'error');
      throw error;
    } finally {
      this.taking.delete(id);
    }
  }

  private prepare(start: KeptStart, resumption: Resumption): Prepared {
    const { name: procedure, origin } = start;
    const place = this.quota.take(origin.identity);
    try {
      const controller = new AbortController();
      const running = this.calls.prepare({ ...start, signal: controller.signal });
      const kept = { id: newCallId(), procedure, identity: origin.identity, running, resumption };
      return { kept, controller, place };
    } catch (error) {
      place.release();
      throw error;
    }
  }

  /** Before anything is taken from the node before: what is refused now can be tried again. */
  private prepareResumed(id: string, procedure: CallableProcedure, { head }: CallStory): Prepared {
    const { continuation, resumption, signature } = procedure;
    const { request, identity } = head!;
    const { name } = signature;
    const controller = new AbortController();
    const origin = { identity, isService: false };
    const asked = { name, given: NOTHING_GIVEN, origin, signal: controller.signal };
    const running = this.calls.prepareResumed(procedure, asked, ({ signal }) =>
      continuation!.resume(request!, prepared.story!.count, signal),
    );
    const kept = { id, procedure: name, identity, running, resumption: resumption! };
    const prepared: Prepared = { kept, controller, place: this.quota.takeAnyway(identity) };
    return prepared;
  }

  /** Keeps how a call begins, and that this node runs it: nobody hears of it before both is there. */
  private async enter(prepared: Prepared): Promise<void> {
    const { id, procedure, identity, resumption, running } = prepared.kept;
    const head = { procedure, identity, request: running.requestText };
    prepared.place.spend(head.request?.length ?? 0);
    await Promise.all([this.lease(prepared)?.written, this.channels.begin(id, head, resumption)]);
  }

  private lease(prepared: Prepared): Lease | undefined {
    const { kept } = prepared;
    const leaseBody = (): JsonText => bodyOf(kept, this.channels.node);
    return (prepared.lease = this.leases.begin(KEPT_CALL, kept.id, { leaseBody }));
  }

  private run({ kept, controller, place, lease, story }: Prepared): void {
    const { id, resumption } = kept;
    const writer = this.channels.writerOf(
      id,
      resumption,
      {
        isTaken: () => lease?.isOurs === false,
        spent: (bytes) => place.spend(bytes),
        failed: (error) => run.abort(error),
      },
      story,
    );
    const run: KeptRun = new KeptRun(kept, controller, writer);
    run.lease = lease;
    this.runs.set(id, run);
    this.drain.begin();
    run.over = this.untilOver(run, place);
    for (const listener of this.listeners) listener(run);
  }

  private async untilOver(run: KeptRun, place: Place): Promise<void> {
    const isTold = await run.run();
    const { id, resumption } = run.kept;
    this.runs.delete(id);
    if (isTold && !run.isOwed) run.lease?.end();
    place.over(run.outcome, resumption.ttlMs);
    this.drain.end();
  }
}

/** Of a call that does not begin here after all. */
function giveUp({ kept, place, lease }: Prepared, outcome: CallOutcome): void {
  kept.running.finish(outcome);
  place.release();
  lease?.end();
}

function isFull(error: unknown): boolean {
  return error instanceof ClientError && error.code === PROCEDURE_ERRORS.tooManyCalls().code;
}

/** The record by which another node can tell the end of a call, or go on with it. */
function bodyOf({ id, procedure, identity }: KeptCall, node: string): JsonText {
  return objectText([
    ['call', toJsonText(id)],
    ['procedure', toJsonText(procedure)],
    ['identity', objectOrNull(identity)],
    ['node', toJsonText(node)],
  ]);
}
