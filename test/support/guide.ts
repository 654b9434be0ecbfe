import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { transformSync } from '@swc/core';
import ts from 'typescript';
import { codeBlocksOf } from './markdown.js';

const ROOT = join(import.meta.dirname, '../..');
/** The first line of a snippet that others import: `// orders.topic.ts`. */
const FILE_NAME = /^\/\/ (\S+\.ts)$/m;

type Exports = Record<string, unknown>;

/** A snippet of TypeScript in a guide. */
interface Snippet {
  readonly name: string;
  /** Where it would lie beside the guide. */
  readonly file: string;
  readonly code: string;
}

/** The snippets of guides that are one app: those with a name can be imported by the others. */
export class Guide {
  private readonly snippets: readonly Snippet[];

  /** @param pages paths from the root of the repository. */
  constructor(pages: readonly string[]) {
    this.snippets = pages.flatMap((page) =>
      codeBlocksOf(readFileSync(join(ROOT, page), 'utf8'), 'ts').map((code, index) => {
        const name = FILE_NAME.exec(code)?.[1] ?? `${page.replaceAll(/\W/g, '-')}-${index}.ts`;
        return { name, file: join(ROOT, 'docs/nest', name), code };
      }),
    );
  }

  /** The names of files that several snippets claim. */
  get ambiguous(): string[] {
    const files = this.snippets.map(({ file }) => file);
    return files.filter((file, at) => files.indexOf(file) !== at);
  }

  /** Those that have tests in them, by their file. */
  get tests(): Snippet[] {
    return this.snippets.filter(({ code }) => /^it\(/m.test(code));
  }

  /** All classes that snippets export, but for those that run by themselves. @param packages what they can import. */
  classes(packages: Readonly<Record<string, unknown>>): (new (...parts: never[]) => object)[] {
    const loaded = new Map<string, Exports>();
    const found = this.snippets
      .filter(({ code }) => !/^(it\(|.*= await |await )/m.test(code))
      .flatMap(({ file }) => Object.values(this.load(file, packages, loaded, undefined)));
    return found.filter((value) => typeof value === 'function') as (new (...parts: never[]) => object)[];
  }

  /** What TypeScript has to say to them; of the package it sees what was built. */
  faults(): string[] {
    const { options } = ts.parseJsonConfigFileContent(
      ts.readConfigFile(join(ROOT, 'tsconfig.json'), (path) => ts.sys.readFile(path)).config,
      ts.sys,
      ROOT,
    );
    const built = {
      kittiwake: ['./dist/index.d.ts'],
      'kittiwake/testing': ['./dist/testing/testing.d.ts'],
    };
    const whole = { ...options, paths: built, noUnusedLocals: false };
    const texts = new Map(this.snippets.map(({ file, code }) => [file, `${code}\nexport {};`]));
    const host = ts.createCompilerHost(whole);
    const own = { ...host };
    host.fileExists = (file) => texts.has(file) || own.fileExists(file);
    host.readFile = (file) => texts.get(file) ?? own.readFile(file);
    host.getSourceFile = (file, version, ...rest) => {
      const text = texts.get(file);
      return text === undefined
        ? own.getSourceFile(file, version, ...rest)
        : ts.createSourceFile(file, text, version, true);
    };
    return ts
      .getPreEmitDiagnostics(ts.createProgram([...texts.keys()], whole, host))
      .map(
        ({ file, messageText }) =>
          `${file?.fileName.slice(ROOT.length + 1)}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`,
      );
  }

  /** Runs the tests of a snippet, one after another. @param packages what it, and what it imports, can import. */
  async runTests({ file }: Snippet, packages: Readonly<Record<string, unknown>>): Promise<void> {
    const tests: { name: string; run: () => unknown }[] = [];
    const it = (name: string, run: () => unknown): unknown => tests.push({ name, run });
    this.load(file, packages, new Map(), it);
    for (const { run } of tests) await run();
  }

  private load(
    file: string,
    packages: Readonly<Record<string, unknown>>,
    loaded: Map<string, Exports>,
    it: unknown,
  ): Exports {
    const known = loaded.get(file);
    if (known) return known;
    const module: { exports: Exports } = { exports: {} };
    loaded.set(file, module.exports);
    const found = this.snippets.find((one) => one.file === file);
    if (!found) throw new Error(`no snippet is ${file}`);
    const required = (name: string): unknown => {
      if (name.startsWith('.'))
        return this.load(join(file, '..', name.replace(/\.js$/, '.ts')), packages, loaded, it);
      if (!(name in packages)) throw new Error(`${file} imports ${name}`);
      return packages[name];
    };
    // oxlint-disable-next-line typescript/no-implied-eval -- its code is a document of ours
    const run = new Function('require', 'exports', 'it', 'expect', compiled(found.code));
    run(required, module.exports, it, expect);
    return module.exports;
  }
}

function compiled(code: string): string {
  return transformSync(code, {
    jsc: {
      target: 'es2023',
      parser: { syntax: 'typescript', decorators: true },
      transform: { legacyDecorator: true, decoratorMetadata: true },
    },
    module: { type: 'commonjs', noInterop: true },
  }).code;
}
