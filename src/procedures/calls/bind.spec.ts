import { ClientError } from '../../protocol/errors.js';
import type { Parameter, Rest, Signature } from '../signature.js';
import { bind } from './bind.js';
import { ConversionError } from './conversion-error.js';

/** Written as in the configuration: `a:int`, `b?`, `*x`. */
function parameter(text: string): Parameter {
  const [, star, name, type, optional] = /^(\*?)(\w+)(?::(\w+))?(\??)$/.exec(text)!;
  return {
    name: name!,
    type: type as Parameter['type'],
    isOptional: optional === '?',
    isNamedOnly: star === '*',
  };
}

function signature(parameters: string[], rest: Partial<Rest> = {}): Signature {
  return {
    name: 'add',
    access: 'public',
    parameters: parameters.map((text) => parameter(text)),
    rest: { positional: false, named: false, ...rest },
    isStream: false,
    isRaw: false,
  };
}

function given(positional: unknown[], named: Record<string, unknown> = {}) {
  return { positional, named: new Map(Object.entries(named)) };
}

function failure(of: Signature, args: ReturnType<typeof given>): ClientError {
  try {
    bind(of, args);
  } catch (error) {
    expect(error).toBeInstanceOf(ClientError);
    return error as ClientError;
  }
  throw new Error('it was bound');
}

/** The detail behind a mismatch. */
function mismatch(of: Signature, args: ReturnType<typeof given>): string {
  const { code, message, cause } = failure(of, args);
  expect({ code, message }).toEqual({
    code: 'arguments_mismatch',
    message: 'number of arguments mismatch in the add function call',
  });
  return (cause as Error).message;
}

describe('arguments in their places', () => {
  test('come by position, by name, and mixed', () => {
    const of = signature(['a', 'b', 'c?']);
    expect(bind(of, given([1, 2]))).toEqual([1, 2, undefined]);
    expect(bind(of, given([1, 2, 3]))).toEqual([1, 2, 3]);
    expect(bind(of, given([1], { c: 3, b: 2 }))).toEqual([1, 2, 3]);
    expect(bind(of, given([], { a: 1, b: 2 }))).toEqual([1, 2, undefined]);
  });

  test('may be null where they are not converted', () => {
    expect(bind(signature(['a']), given([null]))).toEqual([null]);
    expect(bind(signature(['a']), given([], { a: null }))).toEqual([null]);
  });

  test('are none where there is no parameter', () => {
    expect(bind(signature([]), given([]))).toEqual([]);
    expect(mismatch(signature([]), given([1]))).toBe('add() takes 0 positional arguments but 1 was given');
  });

  test('may have names that objects have', () => {
    expect(bind(signature(['constructor', '__proto__?']), given([], { constructor: 1 }))).toEqual([
      1,
      undefined,
    ]);
    expect(mismatch(signature(['a']), { positional: [1], named: new Map([['__proto__', 2]]) })).toBe(
      "add() got an unexpected keyword argument '__proto__'",
    );
  });
});

describe('arguments that do not match', () => {
  test('are too many', () => {
    expect(mismatch(signature(['a', 'b']), given([1, 2, 3]))).toBe(
      'add() takes 2 positional arguments but 3 were given',
    );
    expect(mismatch(signature(['a', 'b', 'c?']), given([1, 2, 3, 4]))).toBe(
      'add() takes from 2 to 3 positional arguments but 4 were given',
    );
  });

  test('are too few', () => {
    expect(mismatch(signature(['a', 'b']), given([1]))).toBe(
      "add() missing 1 required positional argument: 'b'",
    );
    expect(mismatch(signature(['a', 'b']), given([]))).toBe(
      "add() missing 2 required positional arguments: 'a' and 'b'",
    );
    expect(mismatch(signature(['a', 'b', 'c']), given([]))).toBe(
      "add() missing 3 required positional arguments: 'a', 'b', and 'c'",
    );
    expect(mismatch(signature(['*x']), given([]))).toBe(
      "add() missing 1 required keyword-only argument: 'x'",
    );
  });

  test('are given twice', () => {
    expect(mismatch(signature(['a']), given([1], { a: 1 }))).toBe(
      "add() got multiple values for argument 'a'",
    );
  });

  test('are unknown, however long their name', () => {
    expect(mismatch(signature(['a?']), given([], { b: 1 }))).toBe(
      "add() got an unexpected keyword argument 'b'",
    );
    expect(mismatch(signature([]), given([], { ['x'.repeat(5000)]: 1 })).length).toBeLessThan(200);
  });

  test('are by position where only a name will do', () => {
    const of = signature(['a', '*x?']);
    expect(bind(of, given([1], { x: 2 }))).toEqual([1, 2]);
    expect(mismatch(of, given([1, 2]))).toBe('add() takes 1 positional argument but 2 were given');
  });
});

describe('what is left over', () => {
  test('by position follows the parameters', () => {
    const of = signature(['a', '*x?'], { positional: true });
    expect(bind(of, given([1, 2, 3]))).toEqual([1, undefined, 2, 3]);
    expect(bind(of, given([], { a: 1 }))).toEqual([1, undefined]);
  });

  test('by name is one Map behind them', () => {
    const of = signature(['a:bool?'], { named: true });
    expect(bind(of, given([], { a: 'y', job: 'x' }))).toEqual([true, new Map([['job', 'x']])]);
    expect(bind(of, given([]))).toEqual([undefined, new Map()]);
  });

  test('is the Map, then the values by position, where both are taken', () => {
    const of = signature(['a'], { positional: true, named: true });
    expect(bind(of, given([1, 2, 3], { b: 4 }))).toEqual([1, new Map([['b', 4]]), 2, 3]);
  });

  test('leaves what was given as it was', () => {
    const args = given([1], { b: 2 });
    bind(signature(['a'], { named: true }), args);
    expect(args).toEqual(given([1], { b: 2 }));
  });
});

describe('conversion', () => {
  test('is the same by position and by name', () => {
    const of = signature(['i:int', 'f:float?']);
    expect(bind(of, given(['0x10', '2.5']))).toEqual([16, 2.5]);
    expect(bind(of, given([], { i: '0x10', f: '2.5' }))).toEqual([16, 2.5]);
  });

  test('takes place for null, but not for what was left out', () => {
    expect(bind(signature(['b:bool?']), given([null]))).toEqual([false]);
    expect(bind(signature(['b:bool?']), given([]))).toEqual([undefined]);
    const { code, message, cause } = failure(signature(['i:int?']), given([], { i: null }));
    expect({ code, message }).toEqual({
      code: 'procedure_failed',
      message: 'an error occurred while executing the function add',
    });
    expect(cause).toBeInstanceOf(ConversionError);
    expect(cause).toMatchObject({ status: 400 });
  });
});
