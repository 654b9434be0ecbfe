import type { Member, PresenceBook, PresenceNews } from '../../src/broker/presence-book.js';
import { newsIn } from '../../src/broker/presence-news.js';
import type { JsonText } from '../../src/protocol/json/json.js';
import { eventually } from '../support/wait.js';
import type { BrokerWorld } from './broker.contract.js';
import { Recorder } from './recorder.js';

const MAX = 3;

let channel = '';
let tests = 0;

/** A member as it is shown. */
export function member(name: string, info?: unknown): Member {
  return {
    key: JSON.stringify(name),
    text: JSON.stringify({ key: name, ...(info === undefined ? {} : { info }) }) as JsonText,
  };
}

/** News in short: who came, who went, and how many are there. */
function inShort({ count, changes }: PresenceNews): string {
  if (!changes) return `${count}`;
  const joined = changes.joined.map(({ key }) => `+${JSON.parse(key)}`);
  const left = changes.left.map((key) => `-${JSON.parse(key)}`);
  return [...joined.toSorted(), ...left.toSorted(), count].join(' ');
}

/** What every book promises; see `src/broker/presence-book.ts`. */
export function presenceBookContract(name: string, enter: () => Promise<BrokerWorld>): void {
  describe(`the presence book of the ${name} broker`, () => {
    let world: BrokerWorld;
    let nodes: Recorder[];
    let here: PresenceBook;
    let there: PresenceBook;

    beforeAll(async () => {
      world = await enter();
    });
    beforeEach(async () => {
      channel = `presence:books.b${++tests}`;
      nodes = [];
      const node = await startNode();
      here = node.broker.presence;
      there = world.isShared ? (await startNode()).broker.presence : here;
      await node.broker.join(channel);
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

    const enters = (book: PresenceBook, connection: string, who: Member): Promise<number> =>
      book.write(channel, [{ connection, member: who }], MAX);
    const leaves = (book: PresenceBook, ...connections: string[]): Promise<number> =>
      book.write(
        channel,
        connections.map((connection) => ({ connection, member: undefined })),
        MAX,
      );

    /** The news that have come, once there are so many. */
    async function news(count: number): Promise<PresenceNews[]> {
      const { arrived } = nodes[0]!;
      await eventually(() => arrived.length >= count, { what: `news ${count}` });
      return arrived.map(({ publication }) => newsIn(publication)!);
    }

    async function told(count: number): Promise<string[]> {
      return (await news(count)).map(inShort);
    }

    async function present(book = there, max = MAX): Promise<string[] | number> {
      const { members, count } = await book.read(channel, max);
      return members ? members.map(({ text }) => text).toSorted() : count;
    }

    it('knows who is present, on every node', async () => {
      expect(await there.read(channel, MAX)).toEqual({ number: 0, count: 0, members: [] });
      await enters(here, 'c1', member('ann', { name: 'Ann' }));
      await enters(there, 'c2', member('bob'));
      expect(await present(here)).toEqual(['{"key":"ann","info":{"name":"Ann"}}', '{"key":"bob"}']);
      expect(await present(there)).toEqual(await present(here));
    });

    it('sends what has changed, with numbers that have no hole', async () => {
      const given = [
        await enters(here, 'c1', member('ann')),
        await enters(there, 'c2', member('bob')),
        await leaves(here, 'c1'),
      ];
      expect(await told(3)).toEqual(['+ann 1', '+bob 2', '-ann 1']);
      const numbers = (await news(3)).map(({ number }) => number);
      expect(given).toEqual(numbers);
      const [first, ...rest] = numbers;
      expect(rest).toEqual([first! + 1, first! + 2]);
      expect(await enters(here, 'c2', member('bob'))).toBe(first! + 2);
      expect(await enters(here, 'c3', member('bob'))).toBe(first! + 2);
      expect((await here.read(channel, MAX)).number).toBe(first! + 2);
    });

    it('has somebody present as long as one of the connections is', async () => {
      await enters(here, 'tab1', member('ann'));
      await enters(there, 'tab2', member('ann'));
      await leaves(here, 'tab1');
      expect(await present()).toEqual(['{"key":"ann"}']);
      expect(await leaves(there, 'tab2')).toBe(0);
      expect(await told(2)).toEqual(['+ann 1', '-ann 0']);
      expect(await present()).toEqual([]);
    });

    it('tells what one write changes at once, and nothing of what it takes back', async () => {
      await here.write(
        channel,
        [
          { connection: 'c1', member: member('ann') },
          { connection: 'c2', member: member('bob') },
          { connection: 'c3', member: member('eve') },
          { connection: 'c2', member: undefined },
        ],
        MAX,
      );
      await leaves(here, 'c1', 'c3');
      expect(await told(2)).toEqual(['+ann +eve 2', '-ann -eve 0']);
    });

    it('takes the same twice without harm, as of two who end the same', async () => {
      await enters(here, 'c1', member('ann'));
      await enters(here, 'c1', member('ann'));
      await enters(here, 'c2', member('bob'));
      await Promise.all([leaves(here, 'c1'), leaves(there, 'c1')]);
      await leaves(there, 'c2');
      expect(await told(4)).toEqual(['+ann 1', '+bob 2', '-ann 1', '-bob 0']);
    });

    it('shows what the latest connection says of its member', async () => {
      await enters(here, 'c1', member('ann', 1));
      await enters(there, 'c2', member('ann', 2));
      await leaves(there, 'c2');
      await enters(here, 'c1', member('ann', 3));
      await leaves(here, 'c1');
      expect(await told(4)).toEqual(['+ann 1', '+ann 1', '+ann 1', '-ann 0']);
      expect((await news(4))[2]!.changes!.joined).toEqual([member('ann', 3)]);
      expect((await news(3))[1]!.changes!.joined).toEqual([member('ann', 2)]);
    });

    it('has a connection make one present in place of another', async () => {
      await enters(here, 'c1', member('ann'));
      await enters(here, 'c1', member('bob'));
      expect(await told(2)).toEqual(['+ann 1', '+bob -ann 1']);
    });

    it('tells how many are present where they are too many to tell', async () => {
      for (const name of ['a', 'b', 'c', 'd']) await enters(here, name, member(name));
      await leaves(here, 'a');
      expect(await told(5)).toEqual(['+a 1', '+b 2', '+c 3', '4', '-a 3']);
      expect(await present(there, 2)).toBe(3);
    });

    it('passes on what is shown byte for byte, whatever is in it', async () => {
      const text = '{"key":"ä/\\u0022<","info":{"n":12345678901234567890, "s":" # 1 "}}' as JsonText;
      const odd = { key: '"ä/\\"<"', text };
      await enters(here, 'c1', odd);
      await leaves(there, 'c1');
      expect((await news(2)).map(({ changes }) => changes)).toEqual([
        { joined: [odd], left: [] },
        { joined: [], left: [odd.key] },
      ]);
    });

    it('begins with other numbers when it has forgotten a channel', async () => {
      await enters(here, 'c1', member('ann'));
      await leaves(here, 'c1');
      await news(2);
      const endedAtMs = Date.now();
      await eventually(() => Date.now() > endedAtMs, { what: 'another millisecond, at which numbers begin' });
      await enters(here, 'c2', member('bob'));
      const [, last, next] = (await news(3)).map(({ number }) => number);
      expect(next).toBeGreaterThan(last! + 1);
    });
  });
}
