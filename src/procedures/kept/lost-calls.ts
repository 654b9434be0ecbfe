import { Injectable } from '@nestjs/common';
import type { Startable } from '../../base/lifetime.js';
import { type End, type EndTeller, EndTellers } from '../../leases/end-tellers.js';
import { recordMembers } from '../../leases/record-members.js';
import { CallbackError } from '../../protocol/errors.js';
import { type JsonText, valueOf } from '../../protocol/json/json.js';
import { Procedures } from '../procedures.js';
import { KEPT_CALL } from './kept-runs.js';
import { type LeftCall, LeftCalls } from './left-calls.js';
import { LossCallbacks, type LostCall } from './loss-callbacks.js';
import { isCallId } from './record/call-id.js';

/** Hears from the ledger of kept calls whose node is gone, has them go on or end, and tells the app of those that are lost. */
@Injectable()
export class LostCalls implements EndTeller, Startable {
  constructor(
    private readonly procedures: Procedures,
    private readonly left: LeftCalls,
    private readonly callbacks: LossCallbacks,
    private readonly tellers: EndTellers,
  ) {}

  /** To be called when all procedures are known. */
  start(): void {
    for (const { resumption } of this.procedures.all) if (resumption) this.tellers.add(KEPT_CALL, this);
  }

  /** See {@link EndTeller.addresseeOf}. */
  addresseeOf(body: JsonText): string | undefined {
    const call = callIn(body);
    return call && `calls of ${call.procedure}`;
  }

  /** See {@link EndTeller.tell}. A call that cannot be ended for the time being is tried again like an app that is away. */
  async tell(body: JsonText, end: End, signal: AbortSignal): Promise<void> {
    const call = callIn(body)!;
    const results = await this.lostAfter(call);
    if (results !== undefined) await this.callbacks.tell({ ...call, results }, end, signal);
  }

  private async lostAfter(call: RecordedCall): Promise<number | undefined> {
    try {
      return await this.left.lostAfter(call);
    } catch (cause) {
      throw new CallbackError('the call cannot be ended yet', { cause });
    }
  }
}

/** The content of the record of a call. */
interface RecordedCall extends Omit<LostCall, 'results'>, LeftCall {}

function callIn(body: JsonText): RecordedCall | undefined {
  const members = recordMembers(body);
  const [id, procedure, node] = ['call', 'procedure', 'node'].map((name): unknown =>
    valueOf(members?.get(name) ?? NULL),
  );
  if (!isCallId(id) || typeof procedure !== 'string') return undefined;
  return { id, procedure, node: String(node), identity: members?.get('identity') ?? NULL };
}

const NULL = 'null' as JsonText;
