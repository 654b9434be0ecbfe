import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Settings } from '../settings.js';
import { effectiveSettings } from './effective-settings.js';
import { readEnvironment } from './environment.js';
import { loadSettings } from './load-settings.js';
import { derivedSettings } from './sources.js';

const KEY = 'a-key-that-nobody-knows';

/** By key, the value and where it came from. */
function shown(settings: Settings): ReadonlyMap<string, unknown[]> {
  return new Map(
    effectiveSettings(settings).map(({ key, value, source: { kind, name } }) => [key, [value, kind, name]]),
  );
}

describe('where settings came from', () => {
  let folder: string;
  let file: string;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'sources-'));
    file = join(folder, 'kittiwake.yaml');
    writeFileSync(
      file,
      [
        'limits: { idle: 90s, connections: 7 }',
        'services: { books: { requireAuthentication: false }, news: }',
        'publish: { apiKeys: ["${KEY_OF_SERVICES}"] }',
        'topics: { path:  }',
      ].join('\n'),
    );
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('is the file, a variable, a variable in the file, or nowhere', () => {
    const env = { KITTIWAKE_CONFIG: file, KEY_OF_SERVICES: KEY, KITTIWAKE_LIMITS_CONNECTIONS: '9' };
    const all = shown(loadSettings(readEnvironment(env)));
    expect(all.get('limits.idle')).toEqual(['90s', 'file', file]);
    expect(all.get('limits.connections')).toEqual([9, 'variable', 'KITTIWAKE_LIMITS_CONNECTIONS']);
    expect(all.get('publish.apiKeys')).toEqual([['***'], 'file', `${file} (KEY_OF_SERVICES)`]);
    expect(all.get('services.books.requireAuthentication')).toEqual([false, 'file', file]);
    expect(all.get('services.news.requireAuthentication')).toEqual([true, 'default', undefined]);
    expect(all.get('topics.path')).toEqual(['/ws', 'default', undefined]);
    expect(JSON.stringify([...all])).not.toContain(KEY);
  });

  it('is an option in an app, and stays known where settings are made of others', () => {
    const settings = loadSettings({ server: { port: 0 } });
    const all = shown(derivedSettings(settings, { origins: ['https://a.example.com'] }));
    expect(all.get('server.port')).toEqual([0, 'option', undefined]);
    expect(all.get('server.host')).toEqual(['127.0.0.1', 'default', undefined]);
  });

  it('leaves out sections that are not configured', () => {
    expect([...shown(new Settings()).keys()].filter((key) => key.startsWith('rooms.'))).toEqual([]);
  });
});
