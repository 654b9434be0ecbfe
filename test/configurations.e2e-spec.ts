import { Logger } from '@nestjs/common';
import { chownSync, mkdtempSync, readdirSync, readFileSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { ConfigurationError } from '../src/config/configuration-error.js';
import { describeSettings } from '../src/config/reference/describe-settings.js';
import * as kittiwake from '../src/index.js';
import { checkSettings } from '../src/server/check-settings.js';
import { createServer } from '../src/server/create-server.js';
import { settingsFrom } from '../src/server/environment.js';
import { BUILD_TIMEOUT_MS, ensureBuilt, ServerProcess } from './support/server-process.js';

const FOLDER = join(import.meta.dirname, 'configurations');
const EXAMPLES = join(import.meta.dirname, '../examples');

/** A folder that is not this user's: root makes one, everybody else has those of root. */
const isRoot = process.getuid?.() === 0;
const FOLDER_OF_ANOTHER = isRoot ? mkdtempSync(join(tmpdir(), 'kittiwake-another-')) : '/usr';
if (isRoot) chownSync(FOLDER_OF_ANOTHER, 1, 1);
afterAll(() => isRoot && rmdirSync(FOLDER_OF_ANOTHER));

interface Configuration {
  readonly path: string;
  /** What its first line says is to be told of it. */
  readonly told: string;
}

function configurations(kind: string): [name: string, Configuration][] {
  return readdirSync(join(FOLDER, kind)).map((name) => {
    const path = join(FOLDER, kind, name);
    const [first = ''] = readFileSync(path, 'utf8').split('\n');
    return [name, { path, told: first.replace('# ', '').replace('${FOLDER_OF_ANOTHER}', FOLDER_OF_ANOTHER) }];
  });
}

/** As `kittiwake check-config` does. */
function check(path: string): string[] {
  return checkSettings(settingsFrom({ KITTIWAKE_CONFIG: path, FOLDER_OF_ANOTHER }));
}

/** Starts, and stops at once. @returns what it warned of. */
async function start(path: string): Promise<string[]> {
  const free = { KITTIWAKE_PORT: '0', KITTIWAKE_OPERATORS_PORT: '0', KITTIWAKE_LOG_LEVEL: 'silent' };
  const app = await createServer(settingsFrom({ KITTIWAKE_CONFIG: path, FOLDER_OF_ANOTHER, ...free }));
  const warnings: string[] = [];
  Logger.overrideLogger({
    warn: (line: unknown) => warnings.push(String(line)),
    log: () => undefined,
    error: () => undefined,
  });
  try {
    await app.listen(0, '127.0.0.1');
  } finally {
    await app.close();
  }
  return warnings;
}

function problemsOf(path: string): readonly string[] {
  try {
    check(path);
    return [];
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigurationError);
    return (error as ConfigurationError).problems;
  }
}

describe('kittiwake check-config', () => {
  beforeAll(ensureBuilt, BUILD_TIMEOUT_MS);

  it('has at least thirty that are wrong', () => {
    expect(configurations('wrong').length).toBeGreaterThanOrEqual(30);
  });

  it.each(configurations('wrong'))('refuses %s', (_, { path, told }) => {
    expect(problemsOf(path)).toContainEqual(expect.stringContaining(told));
  });

  it.each(configurations('doubtful'))('warns of %s', (_, { path, told }) => {
    expect(check(path)).toEqual([expect.stringContaining(told)]);
  });

  it.each(configurations('right'))('takes %s, without a word', (_, { path }) => {
    expect(check(path)).toEqual([]);
  });

  it('names the variable that was meant', () => {
    expect(() => settingsFrom({ KITTIWAKE_API_KEY: '0123456789abcdef' })).toThrow(
      'KITTIWAKE_API_KEY: unknown variable, did you mean KITTIWAKE_PUBLISH_API_KEYS?',
    );
  });

  it('warns on standard error, and prints what is in force', async () => {
    const { path, told } = configurations('doubtful').find(([name]) => name === 'no-audience.yaml')![1];
    const env = { KITTIWAKE_CONFIG: path };
    const end = await ServerProcess.run({ command: ['cli/main.js', 'check-config'], env });
    expect([end.code, end.stderr]).toEqual([0, expect.stringContaining(`warning: ${told}`)]);
    expect(end.stdout).toContain('algorithms:');
  });
});

describe('a start', () => {
  it.each(configurations('wrong'))('stops at %s', async (_, { path, told }) => {
    await expect(start(path)).rejects.toThrow(told);
  });

  it.each(configurations('doubtful'))('warns of %s', async (_, { path, told }) => {
    expect(await start(path)).toContainEqual(expect.stringContaining(told));
  });
});

describe('the variables of the examples', () => {
  const known = new Set([
    'KITTIWAKE_CONFIG',
    ...describeSettings().map(({ env }) => env),
    ...Object.keys(kittiwake),
  ]);

  it.each(
    readdirSync(EXAMPLES, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && !/node_modules|dist/.test(entry.parentPath))
      .map(({ parentPath, name }) => join(relative(EXAMPLES, parentPath), name)),
  )('that begin as those of the gateway are its own: %s', (path) => {
    const names = readFileSync(join(EXAMPLES, path), 'utf8').match(/KITTIWAKE_[A-Z_]+/g) ?? [];
    expect(names.filter((name) => !known.has(name))).toEqual([]);
  });
});
