import type { ToldProcedure } from '../../operators/procedures/told-interface.js';
import { interfaceText } from './interface-text.js';

const NOTHING = { services: [], procedures: [] };
const procedure = (name: string, more: Partial<ToldProcedure> = {}): ToldProcedure => ({
  name,
  parameters: [],
  rest: { positional: false, named: false },
  isStream: false,
  ...more,
});
const parameter = (name: string, more: object = {}) => ({
  name,
  isOptional: false,
  isNamedOnly: false,
  ...more,
});

/** The line of one procedure. */
function lineOf(one: ToldProcedure): string {
  return interfaceText({ ...NOTHING, procedures: [one] })
    .split('export interface Procedures {\n')[1]!
    .split('\n}')[0]!
    .trim();
}

describe('the interface for clients', () => {
  it('has what is not there as what cannot be', () => {
    expect(interfaceText(NOTHING)).toContain(
      'export type Topics = Record<never, never>;\n\nexport type Procedures = Record<never, never>;\n',
    );
    expect(interfaceText(NOTHING)).not.toContain('rooms');
  });

  it('is the same whatever the order', () => {
    const [a, b] = [procedure('a'), procedure('b')];
    const [x, y] = [
      { name: 'x', fields: ['q', 'p'] },
      { name: 'y', fields: [], presence: ['n'] },
    ];
    const one = interfaceText({ services: [x, y], rooms: {}, procedures: [a, b] });
    expect(one).toBe(interfaceText({ services: [y, x], rooms: {}, procedures: [b, a] }));
    expect(one).toContain('  rooms: { room: object; data: unknown };\n');
    expect(one).toContain('  [name: `x.${string}`]: { fields: { p?: unknown; q?: unknown } };\n');
    expect(one).toContain('  [name: `y.${string}`]: { presence: { n?: unknown } };\n');
  });

  it.each<[string, Partial<ToldProcedure>]>([
    ['f(): unknown;', {}],
    ['f(): AsyncIterable<number>;', { isStream: true, returns: 'int' }],
    ['f(): unknown;', { returns: 'Book' }],
    ['f(): { __base64__: string };', { returns: 'bytes' }],
    [
      'f(...given: [a: number, b?: string] | [named: { a: number; b?: string }]): unknown;',
      { parameters: [parameter('a', { type: 'float' }), parameter('b', { type: 'str', isOptional: true })] },
    ],
    ['f(...more: unknown[]): unknown;', { rest: { positional: true, named: false } }],
    [
      'f(named: { a: boolean }): unknown;',
      { parameters: [parameter('a', { type: 'bool', isNamedOnly: true })] },
    ],
    ['f(named: { [name: string]: unknown }): unknown;', { rest: { positional: false, named: true } }],
    [
      "f(...given: [a: 'x' | 1] | [named: { a: 'x' | 1; o?: unknown }]): unknown;",
      {
        parameters: [
          parameter('a', { enum: ['x', 1] }),
          parameter('o', { isOptional: true, isNamedOnly: true }),
        ],
      },
    ],
  ])('has %s', (line, more) => {
    expect(lineOf(procedure('f', more))).toBe(line);
  });

  it('has the first line of what a procedure says of itself', () => {
    expect(lineOf(procedure('f', { description: '/f x\n\nDoes it. */ evil()\nMore.' }))).toBe(
      '/** Does it. *\\/ evil() */\n  f(): unknown;',
    );
  });

  it('has no text of others but as a text', () => {
    expect(lineOf(procedure("a'\\\n\u2028`${b}"))).toBe("'a\\'\\\\\\u{a}\\u{2028}\\`\\${b}'(): unknown;");
    expect(lineOf(procedure('new'))).toBe("'new'(): unknown;");
    const parameters = ['x: any) { evil(', 'this', 'a-b'].map((name) => parameter(name));
    expect(lineOf(procedure('f', { parameters }))).toBe(
      "f(...given: [_1: unknown, _2: unknown, _3: unknown] | [named: { 'x: any) { evil(': unknown; 'this': unknown; 'a-b': unknown }]): unknown;",
    );
    const form = [{ name: 'orders', topics: ['orders.', '`.', ''], fields: [] }];
    expect(interfaceText({ ...NOTHING, services: form })).toContain(
      '[name: `orders.${string}\\`.${string}`]: ',
    );
    const services = [{ name: '`]: 1 }; evil(); //${x}\n', fields: ['*/'] }];
    expect(interfaceText({ ...NOTHING, services })).toContain(
      "  [name: `\\`]: 1 }; evil(); //\\${x}\\u{a}.${string}`]: { fields: { '*/'?: unknown } };\n",
    );
  });
});
