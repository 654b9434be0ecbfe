import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const FOLDERS = ['src', 'test'];
const NAMES = ['describe', 'it', 'test', 'beforeAll', 'beforeEach', 'afterAll', 'afterEach'] as const;

type Definition = (...args: unknown[]) => unknown;

/** From the configuration of Jest. */
declare const TOGETHER: Readonly<Record<string, string>>;

/**
 * Defines the tests of several files in one, each in a `describe` of its own. Loading the gateway takes longer than
 * the tests of most files, and Jest loads it anew for each file that it runs.
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
  for (const [name, original] of originals) globals[name] = recorded(original, definitions);
  try {
    await import(file);
  } finally {
    for (const [name, original] of originals) globals[name] = original;
  }
  return definitions;
}

/** With what hangs on it, such as `each`, which makes another one. */
function recorded(original: Definition, definitions: (() => unknown)[]): Definition {
  return new Proxy(original, {
    apply: (_target, _this, args: unknown[]) => void definitions.push(() => original(...args)),
    get: (target, key) => {
      const member: unknown = Reflect.get(target, key);
      if (key !== 'each' || typeof member !== 'function') return member;
      return (...table: unknown[]) =>
        recorded((member as (...table: unknown[]) => Definition)(...table), definitions);
    },
  });
}
