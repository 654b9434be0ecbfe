import { parseCallArguments } from './call-arguments.js';

describe('the arguments of a call', () => {
  it.each<[string[], unknown[], Record<string, unknown>]>([
    [[], [], {}],
    [['1', 'two words', ''], ['1', 'two words', ''], {}],
    [['--a=1', '--b=', '--c==x=y'], [], { a: '1', b: '', c: '=x=y' }],
    [['--order-key=k', '--dry-run'], [], { order_key: 'k', dry_run: true }],
    [['--a:=1', '--b:={"c":[null]}', '--d:="x"'], [], { a: 1, b: { c: [null] }, d: 'x' }],
    [[':=1', ':=[true]', '=1'], [1, [true], '=1'], {}],
    [['-1', '-x', '--5'], ['-1', '-x', '--5'], {}],
    [['a', '--b=c', 'd'], ['a', 'd'], { b: 'c' }],
    [['--', '--a=1', ':=1', '--'], ['--a=1', ':=1', '--'], {}],
    [['a', '--b', '--', '-c'], ['a', '-c'], { b: true }],
    [['--text=several\nlines'], [], { text: 'several\nlines' }],
  ])('are read from %j', (words, positional, named) => {
    expect(parseCallArguments(words)).toEqual({ positional, named });
  });

  it('keep integers of any size, and what looks like bytes', () => {
    expect(parseCallArguments([':=123456789012345678901', '--b:={"__base64__":"AAE="}'])).toEqual({
      positional: [123456789012345678901n],
      named: { b: { __base64__: 'AAE=' } },
    });
  });

  it('may have any name', () => {
    const { named } = parseCallArguments(['--__proto__=x', '--constructor=y']);
    expect(Object.entries(named)).toEqual([
      ['__proto__', 'x'],
      ['constructor', 'y'],
    ]);
  });

  it.each([
    ['--a:={', '--a: not JSON'],
    [':=nope', ':=nope: not JSON'],
    ['--a:b=c', 'neither name=text nor name:=JSON'],
  ])('are refused when they cannot be read: %s', (word, message) => {
    expect(() => parseCallArguments([word])).toThrow(message);
  });

  it('are refused when one is given twice', () => {
    expect(() => parseCallArguments(['--a-b=1', '--a_b=2'])).toThrow('--a_b is given twice');
  });
});
