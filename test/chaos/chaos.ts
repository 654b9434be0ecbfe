import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { API_KEY } from '../support/gateway.js';
import { Chance } from '../support/chance.js';
import { eventually } from '../support/wait.js';
import { Ledger } from './ledger.js';
import { type Journeys, MovingClient } from './moving-client.js';

const TOPICS = 12;
const CLIENTS = 30;
const PUBLISH_PACE_MS = 4;
const CUT_PACE_MS = 15;
const FAULT_PACE_MS = 300;
const RECOVERIES = 50;
const RETRY_MS = 50;
const READY_MS = 20_000;
const SETTLE_MS = 30_000;

/** The gateways that are tried, and what may befall them. */
export interface ChaosWorld {
  /** The base URLs, `http://host:port`, of the nodes that run now. */
  readonly nodes: () => readonly string[];
  /** By name; each is over when it resolves. */
  readonly faults: Readonly<Record<string, () => Promise<unknown>>>;
}

/** What came of it. */
export interface ChaosReport {
  readonly faults: readonly string[];
  readonly journeys: Journeys;
  readonly published: number;
  /** How often a node could not take a publication; it is tried again until one does. */
  readonly retries: number;
  readonly befell: Readonly<Record<string, number>>;
}

/**
 * Publishes, moves clients and lets faults befall the gateways for a time; then all must be well. The oracle: no client
 * sees anything but its next position unless it was told, and in the end everybody has all that was published.
 */
export async function chaos(world: ChaosWorld, seconds: number, seed: number): Promise<ChaosReport> {
  return new Chaos(world, new Chance(seed)).run(seconds * 1000);
}

class Chaos {
  private readonly ledger = new Ledger();
  private readonly journeys: Journeys = { connected: 0, received: 0, recovered: 0, refused: 0, resets: 0 };
  private readonly topics = Array.from({ length: TOPICS }, (_, i) => `books.${i}`);
  private readonly clients: MovingClient[];
  private readonly befell: Record<string, number> = {};
  private published = 0;
  private retries = 0;
  private endMs = 0;

  constructor(
    private readonly world: ChaosWorld,
    private readonly chance: Chance,
  ) {
    const urls = (): string[] => world.nodes().map((node) => `${node.replace('http', 'ws')}/ws`);
    this.clients = Array.from({ length: CLIENTS }, (_, i) => {
      const topics = [...new Set([this.topics[i % TOPICS]!, this.topics[(i * 7 + 3) % TOPICS]!])];
      return new MovingClient(`client ${i}`, topics, urls, this.ledger, this.journeys, chance);
    });
  }

  async run(ms: number): Promise<ChaosReport> {
    this.endMs = performance.now() + ms;
    for (const client of this.clients) client.start();
    try {
      await Promise.all([this.publishAll(), this.cutClients(), this.letFaultsBefall()]);
      await this.settle();
    } finally {
      await Promise.all(this.clients.map((client) => client.stop()));
    }
    const { journeys, published, retries, befell, ledger } = this;
    return { faults: ledger.faults, journeys, published, retries, befell };
  }

  /** Not before every fault has befallen, and clients have come back often enough to see what they miss. */
  private get isOver(): boolean {
    const hasAll = Object.keys(this.world.faults).every((name) => name in this.befell);
    return hasAll && this.journeys.recovered >= RECOVERIES && performance.now() > this.endMs;
  }

  private async publishAll(): Promise<void> {
    const all: Promise<void>[] = [];
    while (!this.isOver) {
      for (let i = 0; i < 3; i++) all.push(this.publish(this.chance.of(this.topics), ++this.published));
      await delay(PUBLISH_PACE_MS);
    }
    await Promise.all(all);
  }

  /** Until some node has taken it: the key makes a repeat harmless. */
  private async publish(topic: string, data: number): Promise<void> {
    const body = JSON.stringify({ subscription: topic, data });
    const headers = { Authorization: `Bearer ${API_KEY}`, 'Idempotency-Key': randomUUID() };
    for (;;) {
      const url = `${this.chance.of(this.world.nodes())}/publish`;
      const answer = await fetch(url, { method: 'POST', headers, body }).catch(() => undefined);
      if (answer?.ok) {
        const { position } = (await answer.json()) as { position: string };
        this.ledger.published(topic, position, data);
        return;
      }
      await answer?.arrayBuffer();
      this.retries++;
      await delay(RETRY_MS);
    }
  }

  private async cutClients(): Promise<void> {
    for (; !this.isOver; await delay(CUT_PACE_MS)) this.chance.of(this.clients).cut();
  }

  private async letFaultsBefall(): Promise<void> {
    const names = Object.keys(this.world.faults);
    for (let i = 0; !this.isOver && names.length > 0; i++) {
      await delay(FAULT_PACE_MS);
      const name = i < names.length ? names[i]! : this.chance.of(names); // each at least once
      await this.world.faults[name]!();
      await eventually(() => this.areReady(), { timeoutMs: READY_MS, what: 'ready nodes' });
      this.befell[name] = (this.befell[name] ?? 0) + 1;
    }
  }

  /** So that the next fault befalls something. */
  private async areReady(): Promise<boolean> {
    const answers = await Promise.all(this.world.nodes().map((node) => fetch(`${node}/health/ready`)));
    return answers.every(({ ok }) => ok);
  }

  /** One more publication to each topic, which everybody must get. */
  private async settle(): Promise<void> {
    for (const topic of this.topics) await this.publish(topic, ++this.published);
    await eventually(() => this.missing().length === 0, { timeoutMs: SETTLE_MS, what: 'everybody' }).catch(
      () => {
        for (const missing of this.missing()) this.ledger.fault(missing);
      },
    );
  }

  private missing(): string[] {
    return this.clients.flatMap((client) =>
      client.topics
        .filter((topic) => !client.hasReached(topic, this.ledger.latestOf(topic)!))
        .map(
          (topic) =>
            `${client.name}: ${topic} ends at ${client.positionOf(topic)}, not at ${this.ledger.latestOf(topic)}`,
        ),
    );
  }
}
