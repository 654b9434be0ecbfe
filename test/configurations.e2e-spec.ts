import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigurationError } from '../src/config/configuration-error.js';
import { checkSettings } from '../src/server/check-settings.js';
import { settingsFrom } from '../src/server/environment.js';
import { BUILD_TIMEOUT_MS, ensureBuilt, ServerProcess } from './support/server-process.js';

const FOLDER = join(import.meta.dirname, 'configurations');

interface Configuration {
  readonly path: string;
  /** What its first line says is to be told of it. */
  readonly told: string;
}

function configurations(kind: string): [name: string, Configuration][] {
  return readdirSync(join(FOLDER, kind)).map((name) => {
    const path = join(FOLDER, kind, name);
    return [name, { path, told: readFileSync(path, 'utf8').split('\n')[0]!.replace('# ', '') }];
  });
}

/** As `kittiwake check-config` does. */
function check(path: string): string[] {
  return checkSettings(settingsFrom({ KITTIWAKE_CONFIG: path }));
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

  it('warns on standard error, and prints what is in force', async () => {
    const { path, told } = configurations('doubtful').find(([name]) => name === 'no-audience.yaml')![1];
    const env = { KITTIWAKE_CONFIG: path };
    const end = await ServerProcess.run({ command: ['cli/main.js', 'check-config'], env });
    expect([end.code, end.stderr]).toEqual([0, expect.stringContaining(`warning: ${told}`)]);
    expect(end.stdout).toContain('algorithms:');
  });
});
