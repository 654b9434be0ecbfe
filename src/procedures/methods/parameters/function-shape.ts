import {
  type ArrowFunctionExpression,
  type FunctionExpression,
  parse,
  type Pattern,
  type Program,
} from 'acorn';

/** A parameter in the source of a function. */
export interface FormalParameter {
  /** Absent where it is destructured: `{ a, b }`. */
  readonly name: string | undefined;
  readonly hasDefault: boolean;
  readonly isRest: boolean;
}

/** The parameters and the kind of a function, by its source. */
export interface FunctionShape {
  readonly parameters: readonly FormalParameter[];
  readonly isGenerator: boolean;
}

type AnyFunction = FunctionExpression | ArrowFunctionExpression;

/**
 * Text to parse a source with, in the order of trial: for a function expression; a method, which parses only inside a
 * class; a method named `static`, whose name V8 leaves out; a function that is not strict.
 */
const FRAMES = [
  ['(', ')', 'module'],
  ['(class{', '})', 'module'],
  ['(class{_', '})', 'module'],
  ['(', ')', 'script'],
] as const;

/** Reads the shape of a function from its source; `undefined` for functions without one, such as bound ones. */
export function functionShape(fn: (...args: never[]) => unknown): FunctionShape | undefined {
  const source = Function.prototype.toString.call(fn);
  for (const [before, after, sourceType] of FRAMES) {
    const parsed = parsedFunction(`${before}${source}${after}`, sourceType);
    if (parsed) return { parameters: parsed.params.map(formal), isGenerator: parsed.generator };
  }
  return undefined;
}

function parsedFunction(source: string, sourceType: 'module' | 'script'): AnyFunction | undefined {
  try {
    return functionOf(parse(source, { ecmaVersion: 'latest', sourceType, checkPrivateFields: false }));
  } catch {
    return undefined; // another frame may fit
  }
}

function functionOf({ body: [statement] }: Program): AnyFunction | undefined {
  if (statement?.type !== 'ExpressionStatement') return undefined;
  const { expression } = statement;
  if (expression.type === 'FunctionExpression' || expression.type === 'ArrowFunctionExpression')
    return expression;
  if (expression.type !== 'ClassExpression') return undefined;
  const [member, ...others] = expression.body.body;
  if (member?.type !== 'MethodDefinition' || others.length > 0) return undefined;
  return member.kind === 'method' ? member.value : undefined;
}

function formal(pattern: Pattern): FormalParameter {
  if (pattern.type === 'AssignmentPattern') return { ...formal(pattern.left), hasDefault: true };
  if (pattern.type === 'RestElement') return { ...formal(pattern.argument), isRest: true };
  const name = pattern.type === 'Identifier' ? pattern.name : undefined;
  return { name, hasDefault: false, isRest: false };
}
