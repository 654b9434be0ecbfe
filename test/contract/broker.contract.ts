import type { Broker } from '../../src/broker/broker.js';
import { Publication } from '../../src/protocol/publication.js';
import { clusterContract } from './cluster.contract.js';
import { publication, Recorder } from './recorder.js';

/** What the brokers of one suite have in common, such as a server. */
export interface BrokerWorld {
  /** Another node of the same gateway, not started. */
  broker(): Broker;
  /** Whether nodes hear each other, not only themselves. */
  readonly isShared: boolean;
  /** Whether the others learn at once of a node that ends without a word. */
  readonly hasWills?: boolean;
  /** Called when all brokers have been stopped. */
  end(): Promise<void>;
}

/** Other ones for each test: what one test has published may still be on its way in the next. */
let channel = '';
/** What is published here last has everything that was published before it in front of it. */
let last = '';
let tests = 0;

/** What every broker promises; see `src/broker/broker.ts`. */
export function brokerContract(name: string, enter: () => Promise<BrokerWorld>): void {
  describe(`the ${name} broker`, () => {
    let world: BrokerWorld;
    let nodes: Recorder[];

    beforeAll(async () => {
      world = await enter();
    });
    beforeEach(() => {
      tests++;
      channel = `books.book_${tests}`;
      last = `books.last_${tests}`;
      nodes = [];
    });
    afterEach(async () => {
      await Promise.all(nodes.map(({ broker }) => broker.stop()));
    });
    afterAll(async () => {
      await world.end();
    });

    function newNode(): Recorder {
      const node = new Recorder(world.broker());
      nodes.push(node);
      return node;
    }

    async function startNode(...channels: string[]): Promise<Recorder> {
      const node = newNode();
      await node.start();
      for (const channel of channels) await node.broker.join(channel);
      return node;
    }

    it('is stopped until it is started, then ready', async () => {
      const node = newNode();
      expect(node.broker.state).toBe('stopped');
      await node.start();
      expect(node.broker.state).toBe('ready');
      expect(node.states).toEqual(['ready']);
    });

    it('delivers a publication and the channel that it came on', async () => {
      const node = await startNode(channel, last);
      await node.broker.publish(channel, publication('a'));
      expect(await node.channels(1)).toEqual([channel]); // there is no order between channels
      await node.broker.publish(last, publication('b'));
      expect(await node.channels(2)).toEqual([channel, last]);
      expect(await node.texts(2)).toEqual([publication('a').text, publication('b').text]);
    });

    it('delivers nothing of a channel that is not joined', async () => {
      const node = await startNode(last);
      await node.broker.publish(channel, publication());
      await node.broker.publish(last, publication());
      expect(await node.channels(1)).toEqual([last]);
    });

    it('keeps the order of 1,000 publications', async () => {
      const node = await startNode(channel);
      const sent = Array.from({ length: 1000 }, (_, i) => publication(i));
      await Promise.all(sent.map(async (each) => node.broker.publish(channel, each)));
      expect(await node.texts(1000)).toEqual(sent.map(({ text }) => text));
    });

    it('delivers once what is joined twice', async () => {
      const node = await startNode(channel);
      await Promise.all([node.broker.join(channel), node.broker.join(channel)]);
      await node.broker.publish(channel, publication('a'));
      await node.broker.publish(channel, publication('b')); // only those of one channel keep their order
      expect(await node.texts(2)).toEqual([publication('a').text, publication('b').text]);
    });

    it('delivers nothing of a channel that is left, however often it was joined', async () => {
      const node = await startNode(channel, channel, last);
      await node.broker.leave(channel);
      await node.broker.publish(channel, publication());
      await node.broker.publish(last, publication());
      expect(await node.channels(1)).toEqual([last]);
    });

    it('obeys the last word of joins and leaves in one tick', async () => {
      const node = await startNode(channel, last);
      const done = [node.broker.leave(channel), node.broker.join(channel)];
      done.push(node.broker.join('books.other'), node.broker.leave('books.other'));
      await Promise.all(done);
      await node.broker.publish('books.other', publication());
      await node.broker.publish(channel, publication());
      await node.broker.publish(last, publication());
      expect((await node.channels(2)).toSorted()).toEqual([channel, last].toSorted());
    });

    it('leaves a channel that was never joined without a word', async () => {
      const node = await startNode();
      await expect(node.broker.leave(channel)).resolves.toBeUndefined();
    });

    it('carries the text of a publication byte for byte', async () => {
      const text =
        '{ "subscription":"books.book_1", "data":{"n":12345678901234567890, "e":1.50e+2, "s":"\\u00e9é\\/\\ud83d\\ude00😀\\n"},\t"data2": 0.10 }';
      const node = await startNode(channel);
      await node.broker.publish(channel, Publication.parse(text));
      expect(await node.texts(1)).toEqual([text]);
    });

    it('takes the name of a channel literally', async () => {
      const names = ['books.*', 'books.[a]?', 'books.a b\r\nc', 'books.№ 1 😀', 'books.{a}.b'];
      const node = await startNode(...names);
      await node.broker.publish('books.x', publication());
      for (const name of names) await node.broker.publish(name, publication());
      expect((await node.channels(names.length)).toSorted()).toEqual(names.toSorted());
    });

    it('refuses to join and to publish before it is started', async () => {
      const { broker } = newNode();
      await expect(broker.join(channel)).rejects.toThrow('cannot join');
      await expect(broker.publish(channel, publication())).rejects.toThrow('cannot publish');
    });

    it('refuses to join and to publish when it is stopped', async () => {
      const { broker } = await startNode();
      await broker.stop();
      expect(broker.state).toBe('stopped');
      await expect(broker.join(channel)).rejects.toThrow('cannot join');
      await expect(broker.publish(channel, publication())).rejects.toThrow('cannot publish');
    });

    it('stops without a word when it is stopped already', async () => {
      const { broker } = await startNode(channel);
      await Promise.all([broker.stop(), broker.stop()]);
      await expect(broker.stop()).resolves.toBeUndefined();
    });

    it('reports nothing after it was stopped, be it in the middle of a delivery', async () => {
      const node = await startNode(channel);
      node.onReceived = () => void node.broker.stop();
      const sent = Array.from({ length: 100 }, async (_, i) => node.broker.publish(channel, publication(i)));
      await Promise.allSettled(sent);
      await node.texts(1);
      await node.broker.stop();
      expect(node.arrived).toHaveLength(1);
      expect(node.states).toEqual(['ready']);
    });

    it('reaches the other nodes that have joined, if it promises to', async () => {
      const [here, there, elsewhere] = [await startNode(), await startNode(channel), await startNode(last)];
      await here.broker.publish(channel, publication());
      await here.broker.publish(last, publication());
      if (world.isShared)
        expect([await there.channels(1), await elsewhere.channels(1)]).toEqual([[channel], [last]]);
      else expect([there.arrived, elsewhere.arrived]).toEqual([[], []]);
      expect(here.arrived).toEqual([]);
    });

    clusterContract(() => world);
  });
}
