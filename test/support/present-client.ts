import type { KittiwakeOptions } from '../../src/config/options.js';
import { KITTIWAKE_V1 } from '../../src/protocol/sub-protocol.js';
import { TestClient } from './client.js';
import { signToken } from './tokens.js';
import { eventually } from './wait.js';

const KEY = 'a-secret-of-thirty-two-characters';

/** How gateways of these tests authenticate. */
export const PRESENT_AUTH: NonNullable<KittiwakeOptions['auth']> = {
  jwt: { algorithms: ['HS256'], secret: KEY, fields: { user_id: 'sub', name: 'name' } },
};

interface Frame {
  readonly event?: string;
  readonly subscription?: string;
  readonly seq?: number;
  readonly members?: readonly { readonly key: string; readonly info?: unknown }[];
  readonly count?: number;
  readonly join?: readonly { readonly key: string; readonly info?: unknown }[];
  readonly leave?: readonly string[];
}

/** A client that keeps who is present as a client of the protocol does, and finds what does not fit. */
export class PresentClient {
  readonly members = new Map<string, unknown>();
  count: number | undefined;
  /** What was told that cannot be true after what was told before. */
  readonly faults: string[] = [];
  /** The frames of presence that have come, the reply first. */
  readonly told: Frame[] = [];
  private seq: number | undefined;

  private constructor(
    readonly client: TestClient,
    private readonly topic: string,
  ) {
    client.webSocket.on('message', (data: Buffer) => this.take(JSON.parse(data.toString()) as Frame));
  }

  /** One who has authenticated, in the sub-protocol that has presence or another. */
  static async authenticated(
    url: string,
    user: string,
    protocols = [KITTIWAKE_V1] as string[],
  ): Promise<TestClient> {
    const client = await TestClient.connect(url, protocols);
    const token = signToken({
      algorithm: 'HS256',
      key: KEY,
      claims: { sub: user, name: `${user.slice(0, 1).toUpperCase()}.` },
    });
    expect(await client.ask({ event: 'auth', method: 'jwt', token })).toMatchObject({ status: 'ok' });
    return client;
  }

  /** One who sees who is present in a topic, and is so. */
  static async enter(
    url: string,
    topic: string,
    user: string,
    presence: unknown = true,
  ): Promise<PresentClient> {
    const client = await PresentClient.authenticated(url, user);
    const present = new PresentClient(client, topic);
    client.send({ event: 'subscribe', subscription: topic, presence });
    await eventually(() => present.told.length > 0, { what: `${user} in ${topic}` });
    return present;
  }

  get keys(): string[] {
    return [...this.members.keys()].toSorted();
  }

  /** Resolves when these are present, and nobody else. */
  async sees(...users: string[]): Promise<void> {
    const wanted = users.toSorted().join();
    await eventually(
      () => {
        expect(this.keys.join()).toBe(wanted);
        return true;
      },
      { what: `the members ${wanted}` },
    );
  }

  private take(frame: Frame & { readonly presence?: Frame | false }): void {
    if (frame.subscription !== this.topic) return;
    if (frame.event === 'subscribe') this.apply(frame.presence || {});
    else if (frame.event === 'presence') this.apply(frame);
  }

  private apply(frame: Frame): void {
    this.told.push(frame);
    if (frame.count !== undefined) this.become(frame.count, []);
    if (frame.members) this.become(frame.members.length, frame.members);
    if (frame.join || frame.leave) this.change(frame);
    if (frame.seq !== undefined) this.seq = frame.seq;
  }

  private become(count: number, members: NonNullable<Frame['members']>): void {
    this.count = count;
    this.members.clear();
    for (const { key, info } of members) this.members.set(key, info);
  }

  private change({ seq, join = [], leave = [] }: Frame): void {
    if (seq !== this.seq! + 1) this.faults.push(`${seq} after ${this.seq}`);
    for (const { key, info } of join) {
      const isNew = !this.members.has(key) || JSON.stringify(this.members.get(key)) !== JSON.stringify(info);
      if (!isNew) this.faults.push(`${key} joins twice`);
      this.members.set(key, info);
    }
    for (const key of leave) if (!this.members.delete(key)) this.faults.push(`${key} leaves twice`);
    this.count = this.members.size;
  }
}
