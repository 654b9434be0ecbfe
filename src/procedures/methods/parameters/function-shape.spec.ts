import { runInThisContext } from 'node:vm';
import { functionShape } from './function-shape.js';

type AnyFunction = (...args: never[]) => unknown;

const evaluated = (source: string): unknown => runInThisContext(`(${source})`);

/** The last member of a class. */
function method(members: string): AnyFunction {
  const { prototype } = evaluated(`class extends Array { ${members} }`) as { prototype: object };
  const key = Reflect.ownKeys(prototype).at(-1)!;
  return (prototype as Record<string | symbol, AnyFunction>)[key]!;
}

/** As `a`, `b?` with a default value, `...c`, and `{}` without a name. */
function parameters(fn: AnyFunction): string[] | undefined {
  return functionShape(fn)?.parameters.map(
    ({ name, hasDefault, isRest }) => `${isRest ? '...' : ''}${name ?? '{}'}${hasDefault ? '?' : ''}`,
  );
}

test.each<[string, string[]]>([
  ['add(a, b = 2) { return a }', ['a', 'b?']],
  ['add() {}', []],
  ['async add(a) {}', ['a']],
  ['*add(a) { yield a }', ['a']],
  ['async *add(a, ...more) { yield a }', ['a', '...more']],
  ["['a name'](a) {}", ['a']],
  ["async *['a' + ') {'](a) {}", ['a']],
  ["'quoted name'(a) {}", ['a']],
  ['5(a) {}', ['a']],
  ['[Symbol.iterator](a) {}', ['a']],
  ['get(a) {}', ['a']],
  ['set(a) {}', ['a']],
  ['static(a) {}', ['a']],
  ['async(a) {}', ['a']],
  ['async async(a) {}', ['a']],
  ['function(a) {}', ['a']],
  ['if(a) {}', ['a']],
  ['add({ a }, [b] = [1], { c } = {}, ...[d]) {}', ['{}', '{}?', '{}?', '...{}']],
  [
    "add(a = ') {', b = `${'}'} (`, c = /[)}]/, d = (x) => x, e = { f: ')' }) {}",
    ['a?', 'b?', 'c?', 'd?', 'e?'],
  ],
  ['add(a /* , no) { */, // nor, this\n b) {}', ['a', 'b']],
  ['#secret = 1; add(a) { return this.#secret }', ['a']],
  ['add(a) { return [super.at(0), new.target] }', ['a']],
])('the parameters of the method %s', (members, expected) => {
  expect(parameters(method(members))).toEqual(expected);
});

test.each<[string, string[]]>([
  ['a => a', ['a']],
  ['async (a, b = 1) => a', ['a', 'b?']],
  ['function (a) {}', ['a']],
  ['function add(a, ...b) {}', ['a', '...b']],
  ['async function* add(a) {}', ['a']],
  ['function (a) { with (a) { return b } }', ['a']],
  ['{ add(a) {} }.add', ['a']],
  ['class { static add(a) {} }.add', ['a']],
  ['class { #add(a) {} static of() { return new this().#add } }.of()', ['a']],
])('the parameters of the function %s', (source, expected) => {
  expect(parameters(evaluated(source) as AnyFunction)).toEqual(expected);
});

test.each<[string, boolean]>([
  ['*add(a) {}', true],
  ['async *add(a) {}', true],
  ['add(a) {}', false],
  ['async add(a) {}', false],
])('whether %s is a generator', (members, expected) => {
  expect(functionShape(method(members))?.isGenerator).toBe(expected);
});

test.each(['((a) => a).bind(null)', 'Math.max', 'class { constructor(a) {} }', 'new Proxy((a) => a, {})'])(
  'nothing is known of %s',
  (source) => {
    expect(functionShape(evaluated(source) as AnyFunction)).toBeUndefined();
  },
);
