import { setTimeout as delay } from 'node:timers/promises';
import { KITTIWAKE_V1 } from '../../src/protocol/sub-protocol.js';
import { TestClient } from './client.js';
import type { TestGateway } from './gateway.js';
import { eventually } from './wait.js';

const RETRY_MS = 5;

/** Publishes numbers on a topic, each until a gateway has taken it: once, as they have keys of idempotency. */
export class Numbers {
  private last = 0;

  constructor(
    readonly topic: string,
    private readonly prefix = '',
  ) {}

  /** How many were published. */
  get count(): number {
    return this.last;
  }

  get all(): number[] {
    return Array.from({ length: this.last }, (_, index) => index + 1);
  }

  async publish(...gateways: readonly TestGateway[]): Promise<void> {
    const data = ++this.last;
    const headers = { 'Idempotency-Key': `${this.prefix}${this.topic} ${data}` };
    const publication = { subscription: this.topic, data };
    for (let tries = 0; ; tries++) {
      const gateway = gateways[(data + tries) % gateways.length]!;
      if ((await gateway.publish(publication, headers)).status === 200) return;
      await delay(RETRY_MS);
    }
  }
}

/** A client that follows the positions of a topic, leaves and comes back, and keeps account of what it gets. */
export class Follower {
  /** The numbers that it got since it was told last that something may be missing. */
  numbers: number[] = [];
  /** What it was told instead of getting everything. */
  readonly told: string[] = [];
  position: string | undefined;
  private client: TestClient | undefined;

  constructor(readonly topic: string) {}

  get closed(): TestClient['closed'] {
    return this.client?.closed;
  }

  /** @returns the reply. */
  async comeTo(gateway: TestGateway): Promise<Record<string, unknown>> {
    const { position, topic } = this;
    const client = await TestClient.connect(gateway.url, [KITTIWAKE_V1]);
    this.client = client;
    const since = position === undefined ? { recover: true } : { position };
    const reply = await client.ask({ event: 'subscribe', subscription: topic, ...since });
    this.take(reply);
    return reply;
  }

  leave(): void {
    this.read();
    this.client?.drop();
  }

  /** Waits for a number, or for being told that it may be missing. */
  async has(number: number): Promise<void> {
    const told = this.told.length;
    await eventually(
      () => {
        this.read();
        return this.numbers.at(-1) === number || this.told.length > told;
      },
      { what: `number ${number}`, timeoutMs: 10_000 },
    );
  }

  /** Waits until it is told so often that something may be missing. */
  async isTold(times: number): Promise<void> {
    await eventually(() => (this.read(), this.told.length >= times), {
      what: 'being told',
      timeoutMs: 10_000,
    });
  }

  private read(): void {
    for (const text of this.client?.frames.splice(0) ?? []) this.take(JSON.parse(text));
  }

  private take(frame: Record<string, unknown>): void {
    const { event, recovered, reason, position, data } = frame;
    if (typeof position === 'string') this.position = position;
    if (event === 'reset' || recovered === false) {
      this.told.push([event, reason].join(' '));
      this.numbers = [];
    }
    if (event === 'message') this.numbers.push(data as number);
  }
}

/** Whether numbers come one after another. */
export function isWithoutHole(numbers: readonly number[]): boolean {
  return numbers.every((number, index) => index === 0 || number === numbers[index - 1]! + 1);
}
