import type { BrokerHistory, HistoryStart, Retention } from '../../src/broker/history.js';
import { Position, positionIn } from '../../src/protocol/position.js';
import { Publication } from '../../src/protocol/publication.js';
import type { BrokerWorld } from './broker.contract.js';
import { publication, Recorder } from './recorder.js';
import { eventually } from '../support/wait.js';

/** More than the tests wait for, less than one has to wait for when they fail. */
const RETENTION: Retention = { size: 5, ttlMs: 60_000 };
const BRIEF: Retention = { size: 5, ttlMs: 20, isBrief: true };

let channel = '';
let tests = 0;

const dataOf = (publications: readonly Publication[] | undefined): unknown[] | undefined =>
  publications?.map(({ data }) => JSON.parse(data) as unknown);
const positionOf = (one: Publication): Position | undefined => one.position ?? positionIn(one.text);

/** What every history promises; see `src/broker/history.ts`. */
export function historyContract(name: string, enter: () => Promise<BrokerWorld>): void {
  describe(`the history of the ${name} broker`, () => {
    let world: BrokerWorld;
    let nodes: Recorder[];
    let history: BrokerHistory;

    beforeAll(async () => {
      world = await enter();
    });
    beforeEach(async () => {
      channel = `books.kept_${++tests}`;
      nodes = [];
      ({ history } = (await startNode()).broker);
    });
    afterEach(async () => {
      await Promise.all(nodes.map(({ broker }) => broker.stop()));
    });
    afterAll(() => world.end());

    async function startNode(): Promise<Recorder> {
      const node = new Recorder(world.broker());
      nodes.push(node);
      await node.start();
      return node;
    }

    /** Another node, where there can be one. */
    const otherNode = async (): Promise<Recorder> => (world.isShared ? startNode() : nodes[0]!);

    async function append(data: unknown, key?: string, retention = RETENTION): Promise<Position> {
      const appending = { retention, idempotencyKey: key };
      return (await history.append(channel, publication(data, channel), appending)).position;
    }

    async function read(start: HistoryStart): Promise<unknown> {
      const { top, publications } = await history.read(channel, start);
      return { top: top.toString(), data: dataOf(publications) };
    }

    it('numbers publications without a hole, in the order in which they are given', async () => {
      const positions = await Promise.all(Array.from({ length: 100 }, (_, i) => append(i)));
      for (const [i, position] of positions.entries())
        if (i > 0) expect(position.isNextTo(positions[i - 1]!)).toBe(true);
    });

    it('sends them with their positions', async () => {
      const node = await otherNode();
      await node.broker.join(channel);
      const position = await append('a');
      const [text] = await node.texts(1);
      const { publication: arrived } = node.arrived[0]!;
      expect(positionOf(arrived)).toEqual(position);
      expect(JSON.parse(text!)).toMatchObject({ subscription: channel, data: 'a' });
    });

    it('has what came after a position, on every node', async () => {
      const [first] = [await append('a'), await append('b'), await append('c')];
      const { history: other } = (await otherNode()).broker;
      const { top, publications } = await other.read(channel, first);
      expect(dataOf(publications)).toEqual(['b', 'c']);
      expect(publications!.map(({ position }) => position!.offset - first.offset)).toEqual([1, 2]);
      expect(top.offset - first.offset).toBe(2);
    });

    it('has nothing after the latest position', async () => {
      const position = await append('a');
      expect(await read(position)).toEqual({ top: position.toString(), data: [] });
    });

    it('has no more than its size', async () => {
      const positions: Position[] = [];
      for (let i = 0; i < 8; i++) positions.push(await append(i));
      const top = positions[7]!.toString();
      expect(await read('oldest')).toEqual({ top, data: [3, 4, 5, 6, 7] });
      expect(await read(positions[2]!)).toEqual({ top, data: [3, 4, 5, 6, 7] });
      expect(await read(positions[1]!)).toEqual({ top, data: undefined });
      expect(await read('top')).toEqual({ top, data: undefined });
    });

    it('has nothing after a position of another epoch, or ahead of its top', async () => {
      const { epoch, offset } = await append('a');
      const top = new Position(epoch, offset).toString();
      expect(await read(new Position('other', offset))).toEqual({ top, data: undefined });
      expect(await read(new Position(epoch, offset + 1))).toEqual({ top, data: undefined });
    });

    it('knows the top of a channel on which nothing was published, and the first comes next to it', async () => {
      const { top, publications } = await history.read(channel, 'oldest');
      expect(publications).toEqual([]);
      expect((await append('a')).isNextTo(top)).toBe(true);
    });

    it('tells which of those before have an order', async () => {
      const ordered = (order: number): Publication =>
        Publication.parse(JSON.stringify({ subscription: channel, data: order, options: { order } }));
      await history.append(channel, ordered(1), { retention: RETENTION });
      await append('without');
      const { position } = await history.append(channel, ordered(2), { retention: RETENTION });
      await append('after');
      const page = await history.read(channel, position);
      expect(dataOf(page.publications)).toEqual(['after']);
      expect(dataOf(page.ordered)).toEqual([1, 2]);
    });

    it('takes a repeat with the same key for the same publication', async () => {
      const node = await otherNode();
      await node.broker.join(channel);
      const first = await append('a', 'key');
      const { history: other } = node.broker;
      const appending = { retention: RETENTION, idempotencyKey: 'key' };
      const again = await other.append(channel, publication('a', channel), appending);
      expect(again).toEqual({ position: first, isRepeated: true });
      const next = await append('b', 'another');
      expect(next.isNextTo(first)).toBe(true);
      await node.texts(2);
      expect(dataOf(node.arrived.map((one) => one.publication))).toEqual(['a', 'b']);
    });

    it('keeps keys of different channels apart', async () => {
      await append('a', 'key');
      channel += '_other';
      const appending = { retention: RETENTION, idempotencyKey: 'key' };
      expect(await history.append(channel, publication('a', channel), appending)).toMatchObject({
        isRepeated: false,
      });
    });

    it('forgets publications after their time, not their number', async () => {
      const retention = { size: 5, ttlMs: 20 };
      const position = await append('a', undefined, retention);
      const before = new Position(position.epoch, position.offset - 1);
      while ((await history.read(channel, before)).publications !== undefined);
      expect(await read(position)).toEqual({ top: position.toString(), data: [] });
      expect((await append('b')).isNextTo(position)).toBe(true);
    });

    it('tells the tops of many channels', async () => {
      const position = await append('a');
      expect(await history.tops([channel, `${channel}.unheard`], true)).toEqual([position, undefined]);
    });

    it('forgets a brief channel whole, and its number with it', async () => {
      const position = await append('a', undefined, BRIEF);
      await eventually(async () => (await history.tops([channel], false))[0] === undefined, {
        timeoutMs: 20_000,
      });
      expect((await append('b')).offset).toBeGreaterThan(position.offset + 1);
    });

    it('keeps the text of a publication byte for byte, but for the position', async () => {
      const text = `{ "subscription":"${channel}", "data":{"n":12345678901234567890, "s":"\\u00e9é😀"},\t"x": 0.10 }`;
      const start = (await history.read(channel, 'top')).top;
      await history.append(channel, Publication.parse(text), { retention: RETENTION });
      const { publications } = await history.read(channel, start);
      expect(publications![0]!.data).toBe('{"n":12345678901234567890, "s":"\\u00e9é😀"}');
      expect(publications![0]!.members.get('x')).toBe('0.10');
    });

    it('refuses to take and to read when its broker is stopped', async () => {
      await nodes[0]!.broker.stop();
      const take = async (): Promise<unknown> => append('a');
      await expect(take()).rejects.toThrow('cannot publish');
    });
  });
}
