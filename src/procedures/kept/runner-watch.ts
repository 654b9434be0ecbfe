import { Injectable } from '@nestjs/common';
import { monotonicMs } from '../../base/monotonic-ms.js';
import { Leases } from '../../leases/leases.js';
import { CallNodes } from './call-nodes.js';
import { CallFollowers } from './following/call-followers.js';
import { LeftCalls } from './left-calls.js';

const LOOK_MS = 5_000;
/** The time in which each node says twice that it is there: whoever has just come may not have heard of all. */
const GONE_MS = 10_000;

/**
 * Sees to it that who watches a call is told when its node is gone, where no ledger tells that: a node that is not known any
 * more to those that hear each other has been killed, or is cut off from the broker, where it can keep nothing.
 */
@Injectable()
export class RunnerWatch {
  private timer: NodeJS.Timeout | undefined;
  /** Since when nodes are missing that run calls, by the monotonic clock. */
  private missing: ReadonlyMap<string, number> = new Map();

  constructor(
    private readonly followers: CallFollowers,
    private readonly left: LeftCalls,
    private readonly nodes: CallNodes,
    leases: Leases,
  ) {
    if (!leases.areKept) followers.whenWatched(() => this.watch());
  }

  private watch(): void {
    if (this.followers.areAny) {
      this.timer ??= setInterval(() => void this.look(), LOOK_MS).unref();
      return;
    }
    clearInterval(this.timer);
    this.timer = undefined;
    this.missing = new Map();
  }

  private async look(): Promise<void> {
    const nowMs = monotonicMs();
    const missing = new Map<string, number>();
    const lost: Promise<void>[] = [];
    for (const [id, story] of this.followers.stories) {
      if (story.end || story.node === '' || this.nodes.mayBeThere(story.node)) continue;
      const sinceMs = this.missing.get(story.node) ?? nowMs;
      missing.set(story.node, sinceMs);
      if (nowMs - sinceMs >= GONE_MS) lost.push(this.left.lose(id, story));
    }
    this.missing = missing;
    await Promise.allSettled(lost); // silent: the broker says itself that it is away, and then it is tried again
  }
}
