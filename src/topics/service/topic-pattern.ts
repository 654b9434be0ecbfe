import type { TopicParams } from './topic-params.js';

const PARAM = /^([:*])([A-Za-z_]\w*)$/;
const SEPARATORS = /([./])/;
/** The matches of each kind of parameter; never across a separator, or to the end. */
const MATCHES = { ':': '[^./]+', '*': '.+' } as const;

/**
 * The form of a service's topics: `orders.:shop.:id`, the name of the service first. What stands between dots and slashes is a
 * text, or a parameter: `:name` is one such part, `*name`, the last one, all that is left.
 */
export class TopicPattern {
  private constructor(
    private readonly text: string,
    private readonly expression: RegExp,
    /** The names of its parameters, in their order. */
    readonly names: readonly string[],
  ) {}

  /** The name of the service: what stands before the first dot. */
  static serviceIn(text: string): string {
    return text.split('.', 1)[0]!;
  }

  /** @returns nothing for the name of a service alone. @throws when it cannot be one; the message says why. */
  static parse(text: string): TopicPattern | undefined {
    if (!text.includes('.')) return undefined;
    const parts = text.split(SEPARATORS);
    const names = parts.flatMap((part) => PARAM.exec(part)?.[2] ?? []);
    const problem = problemIn(parts, names);
    if (problem) throw new Error(`the topics ${JSON.stringify(text)} ${problem}`);
    return new TopicPattern(text, new RegExp(`^${parts.map(expressionOf).join('')}$`, 's'), names);
  }

  /** The texts around the parameters, in their order: one more than there are parameters. */
  get literals(): string[] {
    const literals = [''];
    for (const part of this.text.split(SEPARATORS)) {
      if (PARAM.test(part)) literals.push('');
      else literals.push(literals.pop()! + part);
    }
    return literals;
  }

  /** Whether a topic, with its service, has this form. */
  matches(topic: string): boolean {
    return this.expression.test(topic);
  }

  /** The parameters of a topic; none of one that has another form. */
  paramsOf(topic: string): Readonly<Record<string, string>> {
    const values = this.expression.exec(topic)?.slice(1) ?? [];
    return Object.fromEntries(values.map((value, at) => [this.names[at]!, value]));
  }

  /** The expression that its topics match. */
  get source(): string {
    return this.expression.source;
  }

  toString(): string {
    return this.text;
  }
}

/**
 * The topic of a pattern with these parameters: `topicOf('orders.:shop.:id', { shop: 'a', id: 7 })` is `orders.a.7`.
 * @throws {TypeError} when one is missing, or is such that the topic would have others.
 */
export function topicOf<Pattern extends string>(
  pattern: Pattern,
  params: { readonly [Name in keyof TopicParams<Pattern>]: string | number },
): string {
  const given: Readonly<Record<string, string | number>> = params;
  return pattern
    .split(SEPARATORS)
    .map((part) => {
      const [, kind, name] = PARAM.exec(part) ?? [];
      if (kind === undefined || name === undefined) return part;
      const value = String(given[name] ?? '');
      if (new RegExp(`^${MATCHES[kind as ':' | '*']}$`, 's').test(value)) return value;
      throw new TypeError(`${name} of the topics ${pattern} cannot be ${JSON.stringify(given[name])}`);
    })
    .join('');
}

function problemIn(parts: readonly string[], names: readonly string[]): string | undefined {
  if (parts.includes('')) return 'have nothing between two separators, or at an end';
  if (PARAM.test(parts[0]!)) return 'begin with no service';
  const unclear = parts.find((part) => /^[:*]/.test(part) && !PARAM.test(part));
  if (unclear !== undefined) return `have a parameter ${unclear}, whose name is none: letters, digits and _`;
  if (new Set(names).size < names.length) return 'have two parameters of the same name';
  if (parts.slice(0, -1).some((part) => part.startsWith('*'))) return 'have something after what is left';
  return undefined;
}

function expressionOf(part: string): string {
  const kind = PARAM.exec(part)?.[1];
  if (kind !== undefined) return `(${MATCHES[kind as ':' | '*']})`;
  return part.replaceAll(/[$()*+.?[\\\]^{|}]/g, String.raw`\$&`);
}
