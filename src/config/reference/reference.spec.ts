import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { section } from '../kinds/section.kind.js';
import { readEnvironment } from '../loading/environment.js';
import { interpolate } from '../loading/interpolate.js';
import { loadSettings } from '../loading/load-settings.js';
import { placedSettings } from '../loading/schema.js';
import { Settings } from '../settings.js';
import { exampleEnvironment, referenceMarkdown, withReference } from './reference.js';

const guide = readFileSync('docs/configuration.md', 'utf8');
const example = readFileSync('.env.example', 'utf8');

/** The lines of generated text that a file lacks, short where a comparison of the files would fill the screen. */
function differences(written: string, generated: string): string[] {
  if (written === generated) return [];
  const lines = new Set(written.split('\n'));
  const missing = generated.split('\n').filter((line) => !lines.has(line));
  return ['run `npm run docs` to write it', ...missing.slice(0, 5)];
}

describe('docs/configuration.md', () => {
  it('is up to date', () => {
    expect(differences(guide, withReference(guide))).toEqual([]);
  });

  it('has every setting', () => {
    for (const { path, setting } of placedSettings()) {
      if ('of' in setting.kind) continue;
      expect(guide).toContain(`| \`${path.at(-1)}\``);
    }
  });

  it('has an example that loads', () => {
    const yaml = /```yaml\n(.*?)```/s.exec(guide)?.[1] ?? '';
    const env = { API_URL: 'http://api', API_KEY: 'sesame', PUBLISH_KEYS: '0123456789abcdef' };
    const problems: string[] = [];
    const settings = loadSettings(interpolate(parse(yaml), section(Settings), { env, problems }));
    expect(problems).toEqual([]);
    expect(settings.services.get('books')?.authorizer).toBe('http://api/books/authorize');
    expect(settings.publish.apiKeys).toEqual(['0123456789abcdef']);
  });

  it('quotes a message as it is', () => {
    const options = {
      callbacks: { timeout: 15 },
      services: { books: { requireAuthentification: true } },
    };
    const message = /```\n(The configuration.*?)\n```/s.exec(guide)?.[1]?.split('\n') ?? [];
    expect(message).toHaveLength(3);
    for (const line of message) expect(() => loadSettings(options)).toThrow(line);
  });
});

describe('.env.example', () => {
  it('is up to date', () => {
    expect(differences(example, exampleEnvironment())).toEqual([]);
  });

  it('has every variable, commented out', () => {
    const names = [...example.matchAll(/^#(KITTIWAKE_\w+)=/gm)].map(([, name]) => name);
    const expected = ['KITTIWAKE_CONFIG', ...placedSettings().flatMap(({ env }) => env ?? [])];
    expect(names).toHaveLength(expected.length);
    expect(new Set(names)).toEqual(new Set(expected));
    expect(example.split('\n').filter((line) => line !== '' && !line.startsWith('#'))).toEqual([]);
  });

  it('has the defaults: uncommented, it changes nothing', () => {
    const optional = /_(?:TICKET|JWT|REDIS_ALT|TLS|ROOMS|PROCEDURES)_/;
    const env = Object.fromEntries(
      [...example.matchAll(/^#(KITTIWAKE_\w+)=(.*)$/gm)].map(([, name = '', text]) => [name, text]),
    );
    const always = Object.fromEntries(Object.entries(env).filter(([name]) => !optional.test(name)));
    expect(loadSettings(readEnvironment(always))).toEqual(loadSettings({}));
    expect(readEnvironment(env)).toMatchObject({ broker: { redisAlt: { pingTimeout: '5s' } } });
  });
});

describe('the reference', () => {
  it('stands between the markers, whatever stood there', () => {
    const markers = guide.split('\n').filter((line) => line.startsWith('<!--'));
    expect(markers).toHaveLength(2);
    expect(withReference(`before\n${markers[0]}\nold\n${markers[1]}\nafter`)).toBe(
      `before\n${markers[0]}\n\n${referenceMarkdown()}\n\n${markers[1]}\nafter`,
    );
  });

  it('needs its markers', () => {
    expect(() => withReference('# Configuration')).toThrow('lacks the lines');
  });
});
