import { Injectable } from '@nestjs/common';
import type { Startable } from '../../base/lifetime.js';
import { type End, type EndTeller, EndTellers } from '../../leases/end-tellers.js';
import { recordMembers } from '../../leases/record-members.js';
import { CallbackError, ClientError } from '../../protocol/errors.js';
import { type JsonText, valueOf } from '../../protocol/json/json.js';
import type { CallableProcedure } from '../procedure.js';
import { Procedures } from '../procedures.js';
import type { Resumption } from '../resumption.js';
import { failureIn, failureText } from './call-failure.js';
import { isCallId } from './record/call-id.js';
import type { CallStory } from './record/call-story.js';
import { KEPT_ERRORS } from './record/kept-errors.js';
import { KEPT_CALL, KeptRuns } from './kept-runs.js';
import { LossCallbacks, type LostCall } from './loss-callbacks.js';

/**
 * Goes on with kept calls whose node is gone, where their procedures allow it. The others end: all who watch them are told, and
 * so is the app.
 */
@Injectable()
export class LostCalls implements EndTeller, Startable {
  constructor(
    private readonly procedures: Procedures,
    private readonly runs: KeptRuns,
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

  /** @returns after how many results the call is lost; nothing if it is not. */
  private async lostAfter({ id, procedure: name, node }: RecordedCall): Promise<number | undefined> {
    const { channels } = this.runs;
    try {
      let story = await channels.storyOf(id);
      // It was in the memory of the node.
      if (!story) return 0;
      if (!story.end && story.node === node) story = await this.ended(id, story, this.procedures.find(name));
      return story && isLost(story) ? story.count : undefined;
    } catch (cause) {
      throw new CallbackError('the call cannot be ended yet', { cause });
    }
  }

  /** @returns what is kept of the call then. */
  private async ended(
    id: string,
    story: CallStory,
    procedure: CallableProcedure | undefined,
  ): Promise<CallStory | undefined> {
    const { channels } = this.runs;
    const resumption = procedure?.resumption ?? UNKNOWN;
    if (procedure?.continuation && story.head!.request !== undefined) {
      const taken = await channels.take(id, story, resumption);
      if (!taken || taken.end) return taken;
      await this.runs.resume(id, procedure, taken);
      this.callbacks.count('taken_over');
      return undefined;
    }
    const { count, generation } = story;
    const failure = failureText('', KEPT_ERRORS.callLost());
    const end = { how: 'failed', hasLast: false, failure } as const;
    this.callbacks.count('lost');
    await channels.keep(id, { kind: 'part', generation, first: count + 1, results: [], end }, resumption);
    return channels.storyOf(id);
  }
}

/** How a call is kept on whose procedure this node knows nothing: just long enough for those who watch it. */
const UNKNOWN: Resumption = { ttlMs: 60_000, maxBytes: 1_048_576, graceMs: undefined, takesOver: false };

function isLost({ end }: CallStory): boolean {
  if (end?.failure === undefined) return false;
  const failure = failureIn(end.failure);
  return failure instanceof ClientError && failure.code === KEPT_ERRORS.callLost().code;
}

/** What the record of a call says. */
interface RecordedCall extends Omit<LostCall, 'results'> {
  /** That is gone. */
  readonly node: unknown;
}

function callIn(body: JsonText): RecordedCall | undefined {
  const members = recordMembers(body);
  const [id, procedure, node] = ['call', 'procedure', 'node'].map((name): unknown =>
    valueOf(members?.get(name) ?? NULL),
  );
  if (!isCallId(id) || typeof procedure !== 'string') return undefined;
  return { id, procedure, node, identity: members?.get('identity') ?? NULL };
}

const NULL = 'null' as JsonText;
