import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { parse } from 'yaml';
import { CONFIG_FILE_VARIABLE } from '../src/config/loading/environment.js';
import { interpolate } from '../src/config/loading/interpolate.js';
import { loadSettings } from '../src/config/loading/load-settings.js';
import { ANY_NAME, placedSettings } from '../src/config/loading/schema.js';
import { section } from '../src/config/kinds/section.kind.js';
import { Settings } from '../src/config/settings.js';
import { tableBelow } from './support/markdown-table.js';
import { anchorsOf, codeBlocksOf, linksOf, wordsOf } from './support/markdown.js';

const FOLDERS = ['.', 'deploy', 'docs', 'docs/client', 'docs/nest', 'docs/decisions', 'bench', 'examples'];
const DOCUMENTS = FOLDERS.flatMap((folder) =>
  readdirSync(folder, { recursive: folder === 'examples', encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join(folder, name)),
);
/** What the snippets take from the environment, each fit for where it stands. */
const ENV = {
  API_KEY: '0123456789abcdef',
  API_URL: 'http://api',
  BOOKSHOP_API_KEY: '0123456789abcdef',
  BOOKSHOP_ORIGIN: 'http://shop',
  BOOKSHOP_URL: 'http://shop',
  CALLBACK_PASSWORD: 'sesame',
  CONSOLE_KEY: '0123456789abcdef',
  KITTEN_SECRET: '0123456789abcdef',
  NOTIFIER_KEY: '0123456789abcdef',
  SIGNING_SECRETS: 'whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=',
  PUBLISH_KEYS: '0123456789abcdef',
  RABBITMQ_PASSWORD: 'sesame',
  TOKEN_KEY: '0123456789abcdef0123456789abcdef',
};
const PLACED = placedSettings();
/** Those of people who run it: the others name what was, and what is for tests alone. */
const GUIDES = DOCUMENTS.filter(
  (document) => !/^(ARCHITECTURE|CHANGELOG|CONTRIBUTING)|decisions/.test(document),
);
const EXPORTS = new Set(read('src/index.ts').match(/\w+/g));

describe('the documents', () => {
  it.each(DOCUMENTS)('of %s link to what is there', (document) => {
    const broken = linksOf(read(document)).filter((link) => !leadsSomewhere(document, link));
    expect(broken).toEqual([]);
  });

  it.each(settingsSnippets())('have settings that load: %s', (_, yaml) => {
    const problems: string[] = [];
    const options = interpolate(parse(yaml), section(Settings), { env: ENV, problems });
    expect(problems).toEqual([]);
    expect(() => loadSettings(options)).not.toThrow();
  });

  it.each(GUIDES)('of %s name settings and variables that there are', (document) => {
    const unknown = wordsOf(read(document)).filter((word) => !isKnown(word));
    expect(unknown).toEqual([]);
  });

  it('of operations name the contexts that lines of the log have', () => {
    const documented = tableBelow('### What a line is about', read('docs/operations.md'));
    const contexts = documented.map(({ Context }) => `'${Context}'`);
    expect(new Set(loggersOf('src'))).toEqual(new Set(contexts));
  });
});

/** What the loggers are made with that a folder's files have. */
function loggersOf(folder: string): string[] {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  return files
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.spec.ts'))
    .flatMap((name) => [...read(join(folder, name)).matchAll(/new Logger\(([^)]*)\)/g)])
    .map(([, context = '']) => context);
}

function read(document: string): string {
  return readFileSync(document, 'utf8');
}

function leadsSomewhere(document: string, link: string): boolean {
  const [path = '', anchor] = link.split('#');
  const target = path === '' ? document : normalize(join(dirname(document), path));
  return existsSync(target) && (anchor === undefined || anchorsOf(read(target)).has(anchor));
}

/** The YAML that is told to be a configuration. */
function settingsSnippets(): [name: string, yaml: string][] {
  const shown = DOCUMENTS.flatMap((document) =>
    codeBlocksOf(read(document), 'yaml').map((yaml): [string, string] => [document, yaml]),
  );
  const files = ['examples/bookshop/kittiwake.yaml', 'examples/orders/kittiwake.yaml'];
  return [...shown, ...files.map((file): [string, string] => [file, read(file)])];
}

/** Whether a word in backticks is no setting or variable by its looks, or is one. */
function isKnown(word: string): boolean {
  if (word.startsWith('KITTIWAKE_')) return isVariable(word) || EXPORTS.has(word) || word === 'KITTIWAKE_';
  const path = word.split('.');
  if (path.at(-1) === 'mjs') return true;
  const isSection = PLACED.some(({ path: [first], setting }) => first === path[0] && 'of' in setting.kind);
  if (!isSection || path.length < 2) return true;
  return PLACED.some((placed) => placed.path.length === path.length && placed.path.every(isAt(path)));
}

function isVariable(word: string): boolean {
  return word === CONFIG_FILE_VARIABLE || PLACED.some(({ env }) => env === word);
}

function isAt(path: readonly string[]): (key: string, index: number) => boolean {
  return (key, index) => key === ANY_NAME || key === path[index];
}
