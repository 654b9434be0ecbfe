import type { Cluster } from '../../cluster/cluster.js';
import { monotonicMs } from '../../base/monotonic-ms.js';
import { isObject } from '../../protocol/json/json.js';
import type { SeatKind } from './seat.js';
import type { SeatClaim, SeatRule } from './seat-store.js';

/** So long a seat that was granted counts although the node that asked for it does not name it. */
const GRANT_MS = 2_000;

/** A seat that is taken. */
export interface Taken {
  readonly member: string;
  readonly atMs: number;
}

/** A claim as another node makes it. */
export interface WireClaim extends Taken, SeatRule {
  readonly kind: SeatKind;
  readonly identity: string;
}

/** Decides for all nodes, one claim of an identity after another: who is first is what this node says. */
export class SeatClerk {
  private readonly turns = new Map<string, Promise<unknown>>();
  /** By member, seats that were granted and not seen yet, with the time. */
  private readonly granted = new Map<string, { readonly seat: WireClaim; readonly atMs: number }>();

  constructor(private readonly cluster: Cluster) {}

  /** Never rejects. */
  async decide(claim: WireClaim): Promise<SeatClaim> {
    const key = `${claim.kind} ${claim.identity}`;
    const deciding = (this.turns.get(key) ?? Promise.resolve()).then(() => this.decideNow(claim));
    this.turns.set(key, deciding);
    const decided = await deciding;
    if (this.turns.get(key) === deciding) this.turns.delete(key);
    return decided;
  }

  private async decideNow(claim: WireClaim): Promise<SeatClaim> {
    const { max, mode } = claim;
    const taken = await this.taken(claim);
    const surplus = taken.length + 1 - max;
    if (surplus <= 0 || mode !== 'reject')
      this.granted.set(claim.member, { seat: claim, atMs: monotonicMs() });
    if (surplus <= 0) return { isOver: false, replaced: [] };
    const oldest = taken.toSorted((a, b) => a.atMs - b.atMs).slice(0, surplus);
    for (const { member } of mode === 'replace' ? oldest : []) this.granted.delete(member);
    return { isOver: true, replaced: mode === 'replace' ? oldest.map(({ member }) => member) : [] };
  }

  private async taken({ kind, identity }: WireClaim): Promise<Taken[]> {
    const { byNode } = await this.cluster.ask('seats', { kind, identity }, readTaken);
    const taken = new Map([...byNode.values()].flat().map((one) => [one.member, one]));
    const nowMs = monotonicMs();
    for (const [member, { seat, atMs }] of this.granted) {
      if (taken.has(member) || nowMs - atMs > GRANT_MS) this.granted.delete(member);
      else if (seat.kind === kind && seat.identity === identity) taken.set(member, seat);
    }
    return [...taken.values()];
  }
}

function readTaken(answer: unknown): Taken[] | undefined {
  if (!Array.isArray(answer)) return undefined;
  return answer.filter(
    (one): one is Taken => isObject(one) && typeof one.member === 'string' && typeof one.atMs === 'number',
  );
}
