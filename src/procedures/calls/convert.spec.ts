import type { ParameterType } from '../signature.js';
import { ConversionError } from './conversion-error.js';
import { convert } from './convert.js';

function refusal(type: ParameterType, value: unknown): { status: number; message: string } {
  try {
    convert(type, value);
  } catch (error) {
    expect(error).toBeInstanceOf(ConversionError);
    const { status, message } = error as ConversionError;
    return { status, message };
  }
  throw new Error('it was converted');
}

describe('int', () => {
  test.each([
    ['12', 12],
    ['-3', -3],
    ['+3', 3],
    [' 7\n', 7],
    ['007', 7],
    ['1_000', 1000],
    ['-0', 0],
    ['0xa', 10],
    ['0XfF', 255],
    ['-0x10', -16],
    ['0x_ff', 255],
    ['0o17', 15],
    ['0b11', 3],
    ['9007199254740991', 9_007_199_254_740_991],
    ['9007199254740993', 9_007_199_254_740_993n],
    ['-9007199254740993', -9_007_199_254_740_993n],
    ['0xffffffffffffffffff', 0xffffffffffffffffffn],
    ['9'.repeat(1000), 10n ** 1000n - 1n],
    [3, 3],
    [2.9, 2],
    [-2.9, -2],
    [-0.5, 0],
    [1e20, 100_000_000_000_000_000_000n],
    [5n, 5],
    [2n ** 64n, 2n ** 64n],
    [true, 1],
    [false, 0],
  ])('makes %p an integer', (given, expected) => {
    expect(convert('int', given)).toBe(expected);
  });

  test.each([
    'elephant',
    '',
    ' ',
    '1.5',
    '1e3',
    '0x',
    '0xg',
    '0b2',
    '0o8',
    '1__0',
    '_1',
    '1_',
    '--1',
    '1 2',
    'ff',
  ])('refuses the text %p as an invalid literal', (given) => {
    expect(refusal('int', given)).toEqual({
      status: 500,
      message: `invalid literal for int() with base 10: '${given}'`,
    });
  });

  test.each([null, undefined, [1], {}, Buffer.from('1'), new Map()])('cannot use %p', (given) => {
    expect(refusal('int', given).status).toBe(400);
  });

  test('refuses numbers that are not finite', () => {
    expect(refusal('int', Infinity).status).toBe(500);
    expect(refusal('int', NaN).status).toBe(500);
  });

  test.each(['', '-', '0x', '+0b'])('takes a thousand digits after %j, and no more', (prefix) => {
    const most = prefix + '1'.repeat(1000);
    expect(typeof convert('int', most)).toBe('bigint');
    expect(typeof convert('int', most.replaceAll('11', '1_1'))).toBe('bigint');
    expect(refusal('int', `${most}1`).message).toContain('1000 digits');
  });

  test('refuses text that would take long, at once', () => {
    const start = performance.now();
    expect(refusal('int', '9'.repeat(5_000_000)).message).toContain('1000 digits');
    expect(performance.now() - start).toBeLessThan(500);
  });

  test('shows the beginning of a long text, with its quotes escaped', () => {
    expect(refusal('int', "it's").message).toContain(String.raw`'it\'s'`);
    expect(refusal('int', 'x'.repeat(1000)).message.length).toBeLessThan(200);
  });
});

describe('float', () => {
  test.each([
    ['1.5', 1.5],
    ['1e3', 1000],
    ['-.5', -0.5],
    ['+5.', 5],
    [' 2 ', 2],
    ['1_000.5', 1000.5],
    ['1E-2', 0.01],
    ['inf', Infinity],
    ['-Infinity', -Infinity],
    ['nan', NaN],
    [3, 3],
    [2.5, 2.5],
    [2n ** 64n, 2 ** 64],
    [true, 1],
  ])('makes %p a number', (given, expected) => {
    expect(convert('float', given)).toBe(expected);
  });

  test.each(['x', '', '0x10', '1e', '.', '1__0', '1,5', '1.5.2'])('refuses the text %p', (given) => {
    expect(refusal('float', given)).toEqual({
      status: 500,
      message: `could not convert string to float: '${given}'`,
    });
  });

  test('refuses an integer that is too large', () => {
    expect(refusal('float', 10n ** 400n)).toEqual({
      status: 500,
      message: 'int too large to convert to float',
    });
  });

  test.each([null, [], {}, Buffer.from('1')])('cannot use %p', (given) => {
    expect(refusal('float', given).status).toBe(400);
  });

  test('looks at long text only once', () => {
    const start = performance.now();
    expect(refusal('float', `${'1'.repeat(200_000)}x`).status).toBe(500);
    expect(performance.now() - start).toBeLessThan(500);
  });
});

describe('bool', () => {
  test.each([
    'true',
    'True',
    'T',
    't',
    'YES',
    'y',
    '1',
    1,
    -1,
    0.5,
    1n,
    true,
    [0],
    { a: 1 },
    Buffer.from('0'),
  ])('takes %p as true', (given) => {
    expect(convert('bool', given)).toBe(true);
  });

  test.each([
    '',
    '0',
    'no',
    'on',
    'false',
    ' true',
    '2',
    null,
    0,
    0n,
    false,
    [],
    {},
    Buffer.alloc(0),
    new Map(),
  ])('takes %p as false', (given) => {
    expect(convert('bool', given)).toBe(false);
  });
});

describe('str', () => {
  test('takes text, and bytes that are UTF-8', () => {
    expect(convert('str', 'é')).toBe('é');
    expect(convert('str', Buffer.from('é'))).toBe('é');
    expect(convert('str', new Uint8Array([104, 105]))).toBe('hi');
  });

  test.each([null, 5, 5n, true, [], {}, Buffer.from([0xff])])('cannot use %p', (given) => {
    expect(refusal('str', given).status).toBe(400);
  });
});

describe('bytes', () => {
  test.each([
    ['hé', Buffer.from('hé')],
    [Buffer.from([1, 2]), Buffer.from([1, 2])],
    [new Uint8Array([1, 2, 3]).subarray(1), Buffer.from([2, 3])],
    [[0, 255], Buffer.from([0, 255])],
    [[], Buffer.alloc(0)],
  ])('makes %p bytes', (given, expected) => {
    const bytes = convert('bytes', given);
    expect(bytes).toEqual(expected);
    expect(Buffer.isBuffer(bytes)).toBe(true);
  });

  test.each([null, 5, true, {}, ['a'], [1.5]])('cannot use %p', (given) => {
    expect(refusal('bytes', given).status).toBe(400);
  });

  test('refuses values that are no bytes', () => {
    expect(refusal('bytes', [256])).toEqual({ status: 500, message: 'bytes must be in range(0, 256)' });
    expect(refusal('bytes', [-1]).status).toBe(500);
  });
});
