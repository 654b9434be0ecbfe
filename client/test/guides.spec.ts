import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { codeBlocksOf } from '../../test/support/markdown.js';

const ROOT = join(import.meta.dirname, '../..');
const GUIDES = [
  'client/README.md',
  'docs/client.md',
  ...readdirSync(join(ROOT, 'docs/client')).map((name) => `docs/client/${name}`),
];
const LANGUAGES = ['js', 'jsx', 'ts', 'tsx'];

/** What the snippets take as given. */
const GIVEN = `
type Any = { state: any; update: any; message: any; reply: any; fields: any; presence: any };
type App = { topics: Record<string, Any> };
type GivenClient = import('kittiwake-client').Client<App>;
declare const client: GivenClient;
declare const call: typeof import('kittiwake-client').call;
declare const stream: typeof import('kittiwake-client').stream;
declare const topic: typeof import('kittiwake-client').topic;
declare const createClient: typeof import('kittiwake-client').createClient;
declare const useTopic: any, useRoom: any, join: typeof import('kittiwake-client').join;
declare const book: import('kittiwake-client').Topic<any, any, any, any, any>;
declare const AppState: any, session: any, id: any, fields: any, password: any, question: any, customer: any, setMessages: any;
interface Book { title: string }
interface Buy { action: 'buy' }
declare function show(...shown: unknown[]): void;
declare function login(...given: unknown[]): Promise<void>;
declare module 'vue';
declare module 'solid-js';
declare module 'svelte';
declare module 'ws';
declare module '*/app.js' {
  export interface App { topics: Record<string, Any> }
}
declare module '*.procedures.js' {
  export class BooksProcedures { add(a: number, b: number): Promise<number> }
}
`;

/** Without an interface of the app, data are unknown; snippets in JavaScript use them all the same. */
const OF_UNKNOWN = new Set([2698, 2339, 18046]);

const snippets = new Map(
  GUIDES.flatMap((guide) =>
    LANGUAGES.flatMap((language) =>
      codeBlocksOf(readFileSync(join(ROOT, guide), 'utf8'), language).map((code, index): [string, string] => [
        join(ROOT, `${guide}.${index}.${language}`),
        `${code}\nexport {};`,
      ]),
    ),
  ),
);

describe('the guides of the client', () => {
  const GIVEN_FILE = join(ROOT, 'docs/client/given.d.ts');
  const options: ts.CompilerOptions = {
    target: ts.ScriptTarget.ES2024,
    lib: ['lib.esnext.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts'],
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    jsx: ts.JsxEmit.ReactJSX,
    allowJs: true,
    checkJs: true,
    strict: false,
    noEmit: true,
    skipLibCheck: true,
    types: [],
  };

  it('have snippets that fit the types of the client', () => {
    expect(snippets.size).toBeGreaterThan(20);
    const host = ts.createCompilerHost(options);
    const from = { ...host };
    const textOf = (file: string): string | undefined => (file === GIVEN_FILE ? GIVEN : snippets.get(file));
    host.fileExists = (file) => textOf(file) !== undefined || from.fileExists(file);
    host.readFile = (file) => textOf(file) ?? from.readFile(file);
    host.getSourceFile = (file, version, ...rest) => {
      const text = textOf(file);
      return text === undefined
        ? from.getSourceFile(file, version, ...rest)
        : ts.createSourceFile(file, text, version, true);
    };
    const program = ts.createProgram([GIVEN_FILE, ...snippets.keys()], options, host);
    const told = ts
      .getPreEmitDiagnostics(program)
      .filter(({ code }) => !OF_UNKNOWN.has(code))
      .map(
        ({ file, messageText }) =>
          `${file?.fileName.slice(ROOT.length + 1)}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`,
      );
    expect(told).toEqual([]);
  });
});
