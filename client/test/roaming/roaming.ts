import { type Client, createClient, topic, type TopicEvent, type TransportFactory } from 'kittiwake-client';
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { API_KEY } from '../../../test/support/gateway.js';
import { eventually } from '../../../test/support/wait.js';
import type { RoamingWorld } from './roaming-world.js';

/** Kept ones begin with `books.`, of the others nothing is kept. */
const TOPICS = ['books.1', 'books.2', 'plain.1', 'plain.2'];
const PUBLISH_PACE_MS = 20;
const FAULT_PACE_MS = 1500;
const RETRY_MS = 100;
const START_MS = 30_000;
/** Longer than the longest wait of a client. */
const SETTLE_MS = 60_000;

/** What came of it. */
export interface RoamingReport {
  readonly faults: readonly string[];
  readonly published: number;
  readonly received: number;
  readonly gaps: number;
  readonly connections: number;
  /** Of the tries that followed a fault, the share in the busiest 100 ms, at worst. */
  readonly busiest: number;
  readonly befell: Readonly<Record<string, number>>;
}

/**
 * Publishes while nodes go and clients roam; then all must be well. The oracle: each client has each publication once and in
 * order, or was told of a gap, and in the end all have the last ones.
 */
export class Roaming {
  private readonly faults: string[] = [];
  private readonly tries: number[] = [];
  private readonly befell: Record<string, number> = {};
  private readonly busiest: number[] = [];
  private readonly numbers = new Map(TOPICS.map((name) => [name, 0]));
  /** What the gateway has said that it took. */
  private readonly taken = new Set<string>();
  private readonly roamers: Roamer[];
  private endMs = 0;

  constructor(
    private readonly world: RoamingWorld,
    clients: number,
    transports: readonly TransportFactory[],
  ) {
    this.roamers = Array.from({ length: clients }, (_, index) => {
      const transport = transports[index % transports.length]!;
      return new Roamer(`client ${index}`, `${world.url}/ws`, transport, this.faults, this.tries);
    });
  }

  async run(seconds: number): Promise<RoamingReport> {
    try {
      await eventually(() => this.roamers.every(({ isLive }) => isLive), {
        timeoutMs: START_MS,
        what: 'all',
      });
      this.endMs = performance.now() + seconds * 1000;
      await Promise.all([...TOPICS.map((name) => this.publishTo(name)), this.letFaultsBefall()]);
      await this.settle();
    } finally {
      for (const roamer of this.roamers) roamer.close();
    }
    const sum = (of: (roamer: Roamer) => number): number =>
      this.roamers.reduce((all, one) => all + of(one), 0);
    for (const roamer of this.roamers)
      for (const hole of roamer.holes)
        if (this.taken.has(hole)) this.faults.push(`${roamer.name} lacks ${hole}`);
    return {
      faults: this.faults,
      published: this.taken.size,
      received: sum(({ received }) => received),
      gaps: sum(({ gaps }) => gaps),
      connections: sum(({ connections }) => connections),
      busiest: Math.max(...this.busiest),
      befell: this.befell,
    };
  }

  /** Not before every fault has befallen. */
  private get isOver(): boolean {
    return (
      performance.now() > this.endMs && Object.keys(this.world.faults).every((name) => name in this.befell)
    );
  }

  /** One publication after another, so that their order is known. */
  private async publishTo(name: string): Promise<void> {
    for (; !this.isOver; await delay(PUBLISH_PACE_MS)) await this.publish(name);
  }

  /** What is kept is tried until it is taken, and kept once by its key; of others it may be unknown whether they were. */
  private async publish(name: string): Promise<void> {
    const number = this.numbers.get(name)! + 1;
    this.numbers.set(name, number);
    const isKept = name.startsWith('books.');
    const headers = {
      Authorization: `Bearer ${API_KEY}`,
      Connection: 'close', // to another node each time
      ...(isKept && { 'Idempotency-Key': randomUUID() }),
    };
    const body = JSON.stringify({ subscription: name, data: number });
    for (;;) {
      const answer = await fetch(`${this.world.url}/publish`, { method: 'POST', headers, body }).catch(
        () => undefined,
      );
      await answer?.arrayBuffer();
      if (answer?.ok) return void this.taken.add(`${name} ${number}`);
      if (!isKept) return;
      await delay(RETRY_MS);
    }
  }

  private async letFaultsBefall(): Promise<void> {
    const faults = Object.entries(this.world.faults);
    for (let turn = 0; !this.isOver; turn++) {
      const [name, befall] = faults[turn % faults.length]!;
      this.tries.length = 0;
      await befall();
      await delay(FAULT_PACE_MS);
      this.busiest.push(busiestOf(this.tries));
      this.befell[name] = (this.befell[name] ?? 0) + 1;
    }
  }

  /** One more publication to each topic, which everybody must get. */
  private async settle(): Promise<void> {
    const missing = (): string[] =>
      this.roamers.flatMap((roamer) =>
        TOPICS.filter((name) => (roamer.last.get(name) ?? 0) < this.numbers.get(name)!).map(
          (name) => `${roamer.name} is stuck in ${name}: ${roamer.state}`,
        ),
      );
    // Of those who are away now, and come back to a topic of which nothing is kept, each gets one of the next.
    const again = async (): Promise<boolean> => {
      if (!this.roamers.every(({ isLive }) => isLive)) return false;
      for (const name of TOPICS) await this.publish(name);
      await delay(RETRY_MS);
      return missing().length === 0;
    };
    await eventually(again, { timeoutMs: SETTLE_MS, what: 'everybody' }).catch(() =>
      this.faults.push(...missing(), 'nobody may be stuck'),
    );
  }
}

/** A client that follows all topics, whatever befalls it. */
class Roamer {
  readonly last = new Map<string, number>();
  /** What it has not had and was not told to lack: where the gateway took it, that is a fault. */
  readonly holes: string[] = [];
  received = 0;
  gaps = 0;
  private readonly client: Client;
  private readonly topics;

  constructor(
    readonly name: string,
    url: string,
    transport: TransportFactory,
    private readonly faults: string[],
    tries: number[],
  ) {
    this.client = createClient({ url, transports: [transport] });
    this.client.on('state', (state) => state === 'connecting' && tries.push(performance.now()));
    this.client.on('error', ({ code, message }) => faults.push(`${name} is closed: ${code} ${message}`));
    this.topics = TOPICS.map((one) => this.follow(one));
  }

  get isLive(): boolean {
    return this.topics.every(({ status }) => status === 'live');
  }

  get state(): string {
    return `${this.client.state} ${this.topics.map(({ status }) => status).join()} ${JSON.stringify(this.client.info)}`;
  }

  get connections(): number {
    return this.client.inspect().reconnects + 1;
  }

  close(): void {
    this.client.close();
  }

  private follow(name: string): ReturnType<typeof topic> {
    /** Whether it may have missed something, of which it knows. */
    let isTold = true;
    let isNew = true;
    const hear = (event: TopicEvent): void => {
      if (event.type === 'gap') {
        isTold = true;
        this.gaps++;
      } else if (event.type === 'state') {
        if (!isNew && !isTold) this.faults.push(`${this.name} got another state of ${name} without a gap`);
        isNew = false;
      } else if (event.type === 'update') {
        this.got(name, event.data as number, isTold);
        isTold = false;
      }
    };
    const opened = topic(this.client, name as never);
    opened.on('event', hear);
    return opened;
  }

  private got(name: string, number: number, mayLack: boolean): void {
    const last = this.last.get(name) ?? 0;
    this.received++;
    if (number <= last) this.faults.push(`${this.name} got ${number} of ${name} after ${last}`);
    const first = mayLack ? number : last + 1;
    for (let lacking = first; lacking < number; lacking++) this.holes.push(`${name} ${lacking}`);
    this.last.set(name, number);
  }
}

/** The share of times in the busiest 100 ms. */
function busiestOf(times: readonly number[]): number {
  const counts = new Map<number, number>();
  for (const at of times) counts.set(Math.floor(at / 100), (counts.get(Math.floor(at / 100)) ?? 0) + 1);
  return times.length === 0 ? 0 : Math.max(...counts.values()) / times.length;
}
