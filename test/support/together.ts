import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const FOLDERS = ['client/test', 'src', 'test'];
const NAMES = ['describe', 'it', 'test', 'beforeAll', 'beforeEach', 'afterAll', 'afterEach'] as const;

/** Would hold for the other files as well, or would not be seen here. */
const OF_ALL_FILES = [
  /^jest\.(?:setTimeout|mock|unstable_mockModule|useFakeTimers|retryTimes)\(/m,
  /^import \{[^}]*\b(?:describe|it|test|beforeAll|beforeEach|afterAll|afterEach)\b[^}]*\} from '@jest\/globals'/m,
];

type Definition = (...args: unknown[]) => unknown;

/** From the configuration of Jest. */
declare const TOGETHER: Readonly<Record<string, string>>;

/**
 * Defines the tests of several files in one, each in a `describe` of its own. Loading the gateway takes longer than
 * the tests of most files, and Jest loads it anew for each file that it runs.
 * @throws of a file that does at its top level what would mean something else here; see `jest.config.mjs`.
 */
export async function together(name: string): Promise<void> {
  const names = new RegExp(`^${TOGETHER[name]!}.*spec\\.ts$`);
  for (const file of files().filter((one) => names.test(one))) {
    const definitions = await definitionsOf(join(ROOT, file));
    describe(`${file}:`, () => {
      for (const define of definitions) define();
    });
  }
}

function files(): readonly string[] {
  return FOLDERS.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map((file) => join(folder, file)),
  );
}

/** What a file defines at its top level, to be done later; what is defined within that is not touched. */
async function definitionsOf(file: string): Promise<readonly (() => unknown)[]> {
  const definitions: (() => unknown)[] = [];
  const globals = globalThis as unknown as Record<(typeof NAMES)[number], Definition>;
  const originals = NAMES.map((name) => [name, globals[name]] as const);
  const found = OF_ALL_FILES.map((pattern) => pattern.exec(readFileSync(file, 'utf8'))?.[0]).find(Boolean);
  if (found !== undefined) throw notTogether(file, found);
  for (const [name, original] of originals) globals[name] = recorded(original, definitions, file);
  try {
    await import(file);
  } finally {
    for (const [name, original] of originals) globals[name] = original;
  }
  if (definitions.length === 0) throw notTogether(file, 'no tests');
  return definitions;
}

function notTogether(file: string, found: string): Error {
  return new Error(`${file} cannot run together with others: it has ${found} at its top level`);
}

/** With what hangs on it, such as `each`, which makes another one. */
function recorded(original: Definition, definitions: (() => unknown)[], file: string): Definition {
  return new Proxy(original, {
    apply: (_target, _this, args: unknown[]) => void definitions.push(() => original(...args)),
    get: (target, key) => {
      const member: unknown = Reflect.get(target, key);
      if (typeof member !== 'function') return member;
      if (key !== 'each') throw notTogether(file, `${target.name}.${String(key)}`);
      return (...table: unknown[]) =>
        recorded((member as (...table: unknown[]) => Definition)(...table), definitions, file);
    },
  });
}
