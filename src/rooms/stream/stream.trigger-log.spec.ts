import { RingBudget } from '../../history/ring-budget.js';
import type { JsonText } from '../../protocol/json/json.js';
import { Position } from '../../protocol/position.js';
import { Trigger } from '../room/trigger.js';
import type { StreamMessage } from './stream-message.js';
import { StreamRing } from './stream-ring.js';
import { type StreamSource, StreamTriggerLog } from './stream.trigger-log.js';

const SIZE = 50;
const LARGE = 1_000_000;
let marks = 0;

/** A stream as RabbitMQ has it. */
class Stream implements StreamSource {
  readonly messages: StreamMessage[] = [];
  /** The first within the retention. */
  first = 0;
  reads = 0;
  /** Called when a node wants everything to pass that there is. */
  onCatchUp: () => void = () => undefined;

  add(data: unknown): void {
    this.push(JSON.stringify({ rooms: [{ a: 1 }], data }), false);
  }

  mark(): number {
    this.push(`mark-${++marks}`, true);
    return this.messages.length - 1;
  }

  /** The same up to an offset; what comes after is lost. */
  upTo(length: number): Stream {
    const stream = new Stream();
    stream.messages.push(...this.messages.slice(0, length));
    return stream;
  }

  async read(from: number, to: number, take: (message: StreamMessage) => boolean): Promise<void> {
    this.reads++;
    for (const message of this.messages.slice(Math.max(from, this.first), to + 1)) if (!take(message)) return;
  }

  async catchUp(): Promise<void> {
    this.onCatchUp();
  }

  triggerIn(message: Buffer | JsonText): Trigger | undefined {
    return Trigger.parse(message, 10);
  }

  private push(text: string, isMark: boolean): void {
    const offset = this.messages.length;
    this.messages.push({ offset, content: Buffer.from(text), isMark, ticket: undefined });
  }
}

/** A node that follows a stream from a mark of its own. */
class Node {
  readonly log: StreamTriggerLog;

  constructor(
    readonly stream: Stream,
    cacheBytes = LARGE,
    private next = stream.mark(),
  ) {
    this.log = new StreamTriggerLog(new StreamRing(SIZE, new RingBudget(cacheBytes)), stream);
    this.follow();
  }

  /** Takes what has come. */
  follow(): void {
    for (const message of this.stream.messages.slice(this.next))
      this.log.add(message, message.isMark ? undefined : (message.content.toString() as JsonText));
    this.next = this.stream.messages.length;
  }

  /** The position that a client is given now. */
  position(): Position {
    this.follow();
    return Position.parse(this.log.top!.toString())!;
  }

  async missed(since: Position): Promise<unknown> {
    const found = await this.log.recover(since);
    return typeof found === 'string' ? found : Array.from(found.missed, ({ data }) => JSON.parse(data));
  }
}

describe('a position in a stream', () => {
  let stream: Stream;
  let node: Node;

  beforeEach(() => {
    stream = new Stream();
    node = new Node(stream);
    for (const data of ['a', 'b']) stream.add(data);
  });

  it('is the same on every node that has read from a mark before it, and has what came after it', async () => {
    const other = new Node(stream);
    const since = node.position();
    expect(other.position()).toEqual(since);
    stream.mark();
    for (const data of ['c', 'd']) stream.add(data);
    for (const each of [node, other]) {
      each.follow();
      expect(await each.missed(since)).toEqual(['c', 'd']);
    }
    expect(stream.reads).toBe(0);
  });

  it('is proven by the stream to a node that has just begun, once for all who come with others', async () => {
    const positions = [node.position()];
    for (const data of ['c', 'd', 'e']) {
      stream.add(data);
      positions.push(node.position());
    }
    const late = new Node(stream);
    expect(await late.missed(positions[0]!)).toEqual(['c', 'd', 'e']);
    expect(await late.missed(positions[2]!)).toEqual(['e']);
    const recovery = await late.log.recover(positions[1]!);
    const { has } = recovery as Exclude<typeof recovery, string>;
    expect(positions.map(has)).toEqual([false, true, true, true]);
    expect(has(new Position(positions[2]!.epoch, positions[3]!.offset))).toBe(false);
    expect(stream.reads).toBe(1);
  });

  it('is not that of another stream, however alike', async () => {
    const since = node.position();
    const other = new Stream();
    const there = new Node(other);
    for (const data of ['a', 'b', 'c']) other.add(data);
    there.follow();
    expect(await there.missed(since)).toBe('position_lost');
    expect(await new Node(other).missed(since)).toBe('position_lost');
  });

  it('is lost with the end of the stream, also if what takes its place comes before the first node', async () => {
    const since = node.position();
    const rest = stream.upTo(stream.messages.length - 1);
    for (const data of ['another b', 'c', 'd']) rest.add(data);
    expect(await new Node(rest).missed(since)).toBe('position_lost');
    const before = new Position(node.log.top!.before.toString().split('.')[0]!, since.offset - 1);
    expect(await new Node(rest).missed(before)).toEqual(['another b', 'c', 'd']);
  });

  it('is too old when its mark is beyond the retention, or more has come than is read', async () => {
    const since = node.position();
    const late = new Node(stream);
    stream.first = 1;
    expect(await late.missed(since)).toBe('gap_too_long');
    for (let number = 0; number <= SIZE; number++) stream.add(number);
    node.follow();
    expect(await node.missed(since)).toBe('gap_too_long');
  });

  it('may be ahead of a node, which then takes what has come first', async () => {
    const slow = new Node(stream);
    stream.add('c');
    const since = node.position();
    expect(await slow.missed(since)).toBe('position_lost');
    stream.onCatchUp = () => slow.follow();
    stream.add('d');
    expect(await slow.missed(since)).toEqual(['d']);
  });

  it('is proven although nothing is kept in memory', async () => {
    const small = new Node(stream, 1);
    const since = small.position();
    for (const data of ['c', 'd']) stream.add(data);
    small.follow();
    expect(await small.missed(since)).toEqual(['c', 'd']);
    expect(await small.missed(small.position())).toEqual([]);
    expect(stream.reads).toBe(2);
  });

  it('is of a stream that is not known any more', async () => {
    const since = node.position();
    node.log.forget();
    await expect(node.missed(since)).rejects.toThrow('not known yet');
  });

  it.each(['', '-', '0', '0-AAAAAAAAAAA', 'zzzzzzzzzz-AAAAAAAAAAA', 'Rk3j-9712'])(
    'cannot be of the epoch "%s"',
    async (epoch) => {
      node.follow();
      expect(await node.missed(new Position(epoch, 2))).toBe('position_lost');
    },
  );
});

describe('what a stream has kept', () => {
  it('goes on with what has come while it was read', async () => {
    const stream = new Stream();
    const node = new Node(stream);
    stream.add('a');
    const since = node.position();
    stream.add('b');
    const late = new Node(stream);
    const read = stream.read.bind(stream);
    stream.read = async (...args) => {
      await read(...args);
      for (let number = 0; number < 3; number++) stream.add(number);
      late.follow();
    };
    expect(await late.missed(since)).toEqual(['b', 0, 1, 2]);
  });
});
