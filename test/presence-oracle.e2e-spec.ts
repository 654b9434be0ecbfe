import { Redis } from 'ioredis';
import { RedisBroker } from '../src/broker/redis/redis.broker.js';
import { loadSettings } from '../src/config/loading/load-settings.js';
import { payloadOf } from '../src/connection/outflow/frame.js';
import type { Connection } from '../src/connection/connection.js';
import { Hub } from '../src/delivery/hub.js';
import { Histories } from '../src/history/histories.js';
import type { Leases } from '../src/leases/leases.js';
import { Metrics } from '../src/metrics/metrics.js';
import type { Attendance } from '../src/presence/attendance.js';
import type { PresencePlace } from '../src/presence/presence-place.js';
import { Presences } from '../src/presence/presences.js';
import { type JsonText, valueOf } from '../src/protocol/json/json.js';
import { redisSettings } from './contract/redis-settings.js';
import { Chance } from './support/chance.js';
import { type PresenceFrame, PresenceWatch } from './support/presence-watch.js';
import { RedisServer } from './support/redis-server.js';
import { eventually } from './support/wait.js';

const NODES = 20;
const USERS = 40;
const CHAOS_MS = 2_500;
const PLACE: PresencePlace = {
  channel: 'kittiwake:presence:topic:oracle',
  max: 100,
  graceMs: 100,
};
/** No leases: the test ends what dead nodes leave, as their sweeper would. */
const NO_LEASES = { begin: () => undefined } as unknown as Leases;

let connections = 0;

/** A client of a node, and what it is told. */
class Tab {
  readonly id = `c${++connections}`;
  readonly watch = new PresenceWatch();
  isOpen = true;
  readonly isBehind = false;
  attendance!: Attendance;

  constructor(readonly user: string) {}

  send(frame: Buffer): void {
    this.watch.apply(JSON.parse(payloadOf(frame).toString()) as PresenceFrame);
  }
}

/** One node of the gateway, as far as presence goes. */
class Node {
  readonly tabs = new Set<Tab>();
  /** All connections that it has had: some may count as there, for a while. */
  private readonly had: string[] = [];
  isDead = false;

  private constructor(
    readonly broker: RedisBroker,
    private readonly presences: Presences,
  ) {}

  static async start(server: RedisServer): Promise<Node> {
    const { metrics: settings, history } = loadSettings({});
    const metrics = new Metrics(settings);
    const broker = new RedisBroker(redisSettings(server));
    const hub = new Hub(broker, new Histories(broker, history, metrics), metrics);
    await hub.start(() => undefined);
    const presences = new Presences(broker, hub, NO_LEASES);
    presences.start();
    return new Node(broker, presences);
  }

  async open(user: string): Promise<void> {
    const tab = new Tab(user);
    this.tabs.add(tab);
    this.had.push(tab.id);
    tab.attendance = this.presences.attend(tab as unknown as Connection, PLACE, '{"event":"presence"');
    tab.attendance.enter({ key: JSON.stringify(user), text: JSON.stringify({ key: user }) as JsonText });
    const isKnown = await tab.attendance.look().then(
      () => true,
      () => false,
    );
    if (!isKnown && !this.isDead) throw new Error('nobody could say who is present');
    const told = tab.attendance.show('members', false);
    if (told !== 'false') tab.watch.apply(valueOf(told) as PresenceFrame);
  }

  close(tab: Tab): void {
    tab.isOpen = false;
    tab.attendance.end();
    this.tabs.delete(tab);
  }

  /** Ends without a word. @returns the connections that it leaves behind. */
  async kill(): Promise<string[]> {
    this.isDead = true;
    this.presences.stop();
    await this.broker.stop();
    return this.had;
  }
}

describe('who is present, with 20 nodes that are killed, tabs, reloads, and a Redis that is emptied', () => {
  let server: RedisServer;
  let client: Redis;
  const nodes: Node[] = [];
  const faults: string[] = [];

  beforeAll(async () => {
    server = await RedisServer.start();
    client = new Redis(server.url);
    nodes.push(...(await Promise.all(Array.from({ length: NODES }, () => Node.start(server)))));
  });
  afterAll(async () => {
    await Promise.all(alive().map((node) => node.kill()));
    client.disconnect();
    await server.stop();
  });

  const alive = (): Node[] => nodes.filter(({ isDead }) => !isDead);
  const truth = (): string[] =>
    [...new Set(alive().flatMap(({ tabs }) => [...tabs].map(({ user }) => user)))].toSorted();

  /** Two others take what a dead node has left; either may be the second. */
  async function sweep(left: readonly string[]): Promise<void> {
    const changes = left.map((connection) => ({ connection, member: undefined }));
    const sweep = ({ broker }: Node): Promise<number> =>
      broker.presence.write(PLACE.channel, changes, PLACE.max);
    // One may be killed meanwhile: then another one does it.
    await eventually(() => Promise.all(alive().slice(0, 2).map(sweep)).then(() => true));
  }

  it('fits at every client, and in the end is what is true', async () => {
    const chance = new Chance(7);
    const work: Promise<unknown>[] = [];
    const deadline = performance.now() + CHAOS_MS;
    let isEmptied = false;
    while (performance.now() < deadline) {
      const node = chance.of(alive());
      const tabs = [...node.tabs];
      const what = chance.below(1_000);
      if (what < 550 || tabs.length === 0) work.push(node.open(`u${chance.below(USERS)}`));
      else if (what < 750) node.close(chance.of(tabs));
      else if (what < 990) {
        const tab = chance.of(tabs);
        node.close(tab);
        work.push(chance.of(alive()).open(tab.user)); // a reload
      } else if (what < 996 && alive().length > 10) {
        for (const { watch } of node.tabs) faults.push(...watch.faults);
        work.push(node.kill().then(sweep));
      } else if (!isEmptied) {
        isEmptied = true;
        work.push(client.flushall());
      }
      await new Promise(setImmediate);
    }
    const ends = await Promise.allSettled(work);
    expect(ends.flatMap((end) => (end.status === 'rejected' ? [String(end.reason)] : []))).toEqual([]);
    expect([isEmptied, alive().length < NODES]).toEqual([true, true]);

    const expected = truth();
    await eventually(
      async () => {
        const { members } = await alive()[0]!.broker.presence.read(PLACE.channel, PLACE.max);
        expect(members?.map(({ key }) => JSON.parse(key) as string).toSorted()).toEqual(expected);
        for (const { tabs } of alive()) for (const { watch } of tabs) expect(watch.keys).toEqual(expected);
        return true;
      },
      { timeoutMs: 10_000, what: 'the truth' },
    );
    for (const { tabs } of alive()) for (const { watch } of tabs) faults.push(...watch.faults);
    expect(faults).toEqual([]);
  }, 30_000);
});
