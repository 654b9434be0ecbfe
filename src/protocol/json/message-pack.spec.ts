import { encode, ExtData } from '@msgpack/msgpack';
import { INPUT_BOUNDS, MAX_DIGITS, MAX_JSON_DEPTH } from './bounds.js';
import { JsonError } from './json.js';
import { MessagePackError, messagePack, parseMessagePack } from './message-pack.js';

const uint32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};
const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');

describe('MessagePack', () => {
  it.each([
    [0, '00'],
    [-0, '00'],
    [-1, 'ff'],
    [255, 'cc ff'],
    [2 ** 32 - 1, 'ce ff ff ff ff'],
    [2 ** 32, 'cf 00 00 00 01 00 00 00 00'],
    [-(2 ** 31) - 1, 'd3 ff ff ff ff 7f ff ff ff'],
    [2n ** 64n - 1n, 'cf ff ff ff ff ff ff ff ff'],
    [-(2n ** 63n), 'd3 80 00 00 00 00 00 00 00'],
    [2n ** 64n, 'c7 11 01 31 30303030303030303030303030303030'],
    [-(2n ** 80n) + 1n, `c7 15 01 2d ${Buffer.from('f'.repeat(20)).toString('hex')}`],
    [1.5, 'cb 3f f8 00 00 00 00 00 00'],
    ['é', 'a2 c3 a9'],
    [Buffer.from([0, 255]), 'c4 02 00 ff'],
    [[null, true, false], '93 c0 c3 c2'],
    [{ a: { b: [] } }, '81 a1 61 81 a1 62 90'],
    [new ExtData(5, new Uint8Array([7])), 'd4 05 07'],
  ])('has %p as one text', (value, text) => {
    expect(messagePack(value).toString('hex')).toBe(text.replaceAll(' ', ''));
    expect(parseMessagePack(hex(text))).toEqual(Object.is(value, -0) ? 0 : value);
  });

  it.each([
    ['d3 00 00 00 00 00 00 00 05', 5],
    ['d4 01 66', 15],
    ['d5 01 2d 31', -1],
    ['d6 ff 00 00 00 00', new ExtData(-1, new Uint8Array(4))],
    ['82 01 61 c0 62', { 1: 0x61, null: 0x62 }],
    ['81 c4 01 61 01', MessagePackError],
    ['d4 01 78', MessagePackError],
    ['c7 00 01', MessagePackError],
    ['81 a9 5f 5f 70 72 6f 74 6f 5f 5f 81 a1 78 01', MessagePackError],
    ['', MessagePackError],
    ['c1', MessagePackError],
    ['92 01', MessagePackError],
    ['01 02', MessagePackError],
    ['a5 61', MessagePackError],
    ['dd ff ff ff ff', MessagePackError],
    ['df 00 ff ff ff 01', MessagePackError],
    ['c9 ff ff ff ff 01', MessagePackError],
  ])('reads %s', (text, value) => {
    if (typeof value === 'function') expect(() => parseMessagePack(hex(text))).toThrow(value);
    else expect(parseMessagePack(hex(text))).toEqual(value);
    expect('x' in {}).toBe(false);
  });

  it('makes no room for elements that never come', () => {
    // Each of these lists says that it has as many elements as there are bytes.
    const bytes = Buffer.concat(Array<Buffer>(100_000).fill(hex('dd 00 07 a1 20')));
    const before = process.memoryUsage().rss;
    expect(() => parseMessagePack(bytes)).toThrow(MessagePackError);
    expect(process.memoryUsage().rss - before).toBeLessThan(100_000_000);
  });

  it.each([MAX_JSON_DEPTH, MAX_JSON_DEPTH + 1])('reads lists that are nested up to a depth: %d', (depth) => {
    const bytes = Buffer.concat([Buffer.alloc(depth - 1, 0x91), Buffer.from([0x90])]);
    if (depth <= MAX_JSON_DEPTH) expect(messagePack(parseMessagePack(bytes))).toEqual(bytes);
    else expect(() => parseMessagePack(bytes)).toThrow(MessagePackError);
  });

  it('reads as many lists, maps and names as there may be, and refuses more before they are made', () => {
    const lists = (count: number): Buffer =>
      Buffer.concat([hex('dd'), uint32(count - 1), Buffer.alloc(count - 1, 0x90)]);
    const map = (names: number): Buffer =>
      Buffer.concat([hex('df'), uint32(names), Buffer.alloc(2 * names, 1)]);
    expect(parseMessagePack(lists(INPUT_BOUNDS.maxParts))).toHaveLength(INPUT_BOUNDS.maxParts - 1);
    expect(parseMessagePack(map(INPUT_BOUNDS.maxParts - 1))).toEqual({ 1: 1 });
    for (const bytes of [lists(INPUT_BOUNDS.maxParts + 1), map(INPUT_BOUNDS.maxParts)])
      expect(() => parseMessagePack(bytes)).toThrow(/more than 100000 objects, lists and names/);
  });

  it('reads integers of a thousand digits, and refuses longer ones before they are made', () => {
    const digits = 'f'.repeat(MAX_DIGITS);
    const packed = (text: string): Buffer => Buffer.from(encode(new ExtData(1, Buffer.from(text))));
    expect(parseMessagePack(packed(`-${digits}`))).toBe(-BigInt(`0x${digits}`));
    for (const text of [`${digits}f`, `-${digits}f`])
      expect(() => parseMessagePack(packed(text))).toThrow('more than 1000 digits');
  });

  it('writes what JSON would, and leaves out what JSON would', () => {
    const value = {
      d: new Date(0),
      u: undefined,
      f: () => 1,
      list: [undefined, Symbol('s')],
      n: { toJSON: () => 2n },
    };
    expect(parseMessagePack(messagePack(value))).toEqual({
      d: '1970-01-01T00:00:00.000Z',
      list: [null, null],
      n: 2,
    });
    expect(messagePack(undefined)).toEqual(hex('c0'));
  });

  it('refuses to write what contains itself', () => {
    const cycle: unknown[] = [];
    cycle.push(cycle);
    expect(() => messagePack(cycle)).toThrow(JsonError);
  });

  it('keeps own members named __proto__ when it writes', () => {
    const value: unknown = JSON.parse('{"__proto__":1}');
    expect(messagePack(value).toString('latin1')).toContain('__proto__');
  });

  it('reads what another encoder writes', () => {
    const value = {
      a: [1, -5, 1e9, 2 ** 40, 1.25, 'x'.repeat(300)],
      b: { c: null, d: new Uint8Array(70_000) },
    };
    const read = parseMessagePack(encode(value)) as { b: { d: Buffer } };
    expect(read).toEqual({ ...value, b: { c: null, d: Buffer.alloc(70_000) } });
    expect(Buffer.isBuffer(read.b.d)).toBe(true);
  });
});
