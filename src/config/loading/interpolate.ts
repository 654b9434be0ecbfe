import { isSectionKind, type Kind } from '../kinds/kind.js';
import { joinPath } from '../kinds/problem.js';
import { isRecord } from '../kinds/record.js';
import { settingsOf } from '../kinds/setting.decorator.js';

/** The source of values, and the list that gets a line for each missing one. */
interface Context {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly problems: string[];
}

const REFERENCE = /\$\$\{|\$\{(?:(?<name>[A-Za-z_]\w*)(?::-(?<fallback>[^}]*))?\})?/g;

/**
 * Replaces `${VAR}` and `${VAR:-default}` in the texts of a configuration file; a variable that is empty counts as
 * not set, and `$${` stands for `${`. A text that had a reference is then read as the kind of its setting is in an
 * environment variable: `port: ${PORT}` becomes a number.
 * @param kind the expected kind; `undefined` where nothing is expected.
 */
export function interpolate(input: unknown, kind: Kind | undefined, context: Context, path = ''): unknown {
  if (typeof input === 'string') {
    const text = replaceReferences(input, path, context);
    return text === input || kind === undefined || isSectionKind(kind)
      ? text
      : (kind.fromText?.(text) ?? text);
  }
  if (Array.isArray(input)) {
    return input.map((item, index) => interpolate(item, undefined, context, `${path}[${index}]`));
  }
  if (!isRecord(input)) return input;
  return Object.fromEntries(
    Object.entries(input).map(([key, value]) => [
      key,
      interpolate(value, kindOf(kind, key), context, joinPath(path, key)),
    ]),
  );
}

function replaceReferences(text: string, path: string, { env, problems }: Context): string {
  return text.replaceAll(REFERENCE, (reference: string, ...rest: unknown[]) => {
    if (reference === '$${') return '${';
    const { name, fallback } = rest.at(-1) as { name?: string; fallback?: string };
    if (name === undefined) {
      problems.push(
        `${path}: found \${ without a name and }, expected \${NAME}, \${NAME:-default} or $\${ for the text`,
      );
      return reference;
    }
    const value = env[name] || fallback;
    if (value === undefined)
      problems.push(`${path}: the environment variable ${name} is not set, expected a value for it`);
    return value ?? '';
  });
}

/** The kind of a member of a section, or of an entry of a map of sections. */
function kindOf(kind: Kind | undefined, key: string): Kind | undefined {
  if (kind === undefined || !isSectionKind(kind)) return undefined;
  if (kind.names !== undefined) return { name: 'section', of: kind.of };
  return settingsOf(kind.of).find((setting) => setting.key === key)?.kind;
}
