import { appendFile, chmod, mkdir, mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LedgerFolderError } from '../ledger-folder.error.js';
import type { Estate } from '../ledger.js';
import { FileLedger } from './file.ledger.js';

describe('a ledger in a file', () => {
  let folder: string;
  let ledgers: FileLedger[];
  let estates: Estate[];

  beforeEach(async () => {
    folder = join(await mkdtemp(join(tmpdir(), 'kittiwake-ledger-')), 'ledger');
    ledgers = [];
    estates = [];
  });
  afterEach(async () => {
    for (const estate of estates) await estate.release().catch(() => undefined); // finished, perhaps
    for (const ledger of ledgers) await ledger.end(false);
    await rm(join(folder, '..'), { recursive: true });
  });

  async function open(leastCompactedBytes?: number): Promise<FileLedger> {
    const ledger = new FileLedger(folder, leastCompactedBytes);
    ledgers.push(ledger);
    await ledger.start();
    await ledger.begin();
    return ledger;
  }

  const filesNamed = async (pattern: RegExp): Promise<string[]> =>
    (await readdir(folder)).filter((name) => pattern.test(name)).map((name) => join(folder, name));
  const journal = async (): Promise<string> => (await filesNamed(/\.journal$/))[0]!;
  const write = (ledger: FileLedger, ...keys: string[]) =>
    ledger.write({ written: keys.map((key) => ({ key, text: `topic {"of":"${key}"}` })), removed: [] });

  /** Takes the sign of life of all that are there. */
  async function allDie(): Promise<void> {
    for (const path of await filesNamed(/^[0-9a-f]+$/)) await rm(path);
  }

  async function claim(): Promise<Estate> {
    const other = new FileLedger(folder);
    ledgers.push(other);
    const estate = (await other.claim())!;
    estates.push(estate);
    return estate;
  }

  it('is readable by its user alone', async () => {
    await write(await open(), 'c/1');
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
    expect((await stat(await journal())).mode & 0o777).toBe(0o600);
  });

  it('skips a last line that was cut off, and does not add to it', async () => {
    await write(await open(), 'c/1', 'c/2');
    await appendFile(await journal(), '+c/3 topic {"of":');
    await allDie();
    const estate = await claim();
    expect(await estate.keys()).toEqual(['c/1', 'c/2']);
    expect(await estate.forget(['c/1'])).toBe(true);
    await estate.release();
    expect(await (await claim()).keys()).toEqual(['c/2']);
  });

  it('skips lines that are none', async () => {
    await write(await open(), 'c/1');
    await appendFile(await journal(), `\n\u0000\u0000\n+\n+c/2\n*c/3 x\n@x\n+ x\n+c/9 topic {}\n`);
    await allDie();
    expect(await (await claim()).keys()).toEqual(['c/1', 'c/9']);
  });

  it('skips lines of more than 4 MiB', async () => {
    await write(await open(), 'c/1');
    await appendFile(await journal(), `+c/2 ${'x'.repeat(4_194_305)}\n+c/3 ${'x'.repeat(4_194_000)}\n`);
    await allDie();
    expect(await (await claim()).keys()).toEqual(['c/1', 'c/3']);
  });

  it('asks for all records when it has grown and most of it is dead, and is small then', async () => {
    const ledger = await open(2_000);
    let state = await write(ledger, 'c/1');
    for (let n = 2; state === 'kept'; n++) {
      expect(n).toBeLessThan(200);
      state = await ledger.write({ written: [{ key: `c/${n}`, text: 'topic {}' }], removed: [`c/${n - 1}`] });
    }
    expect(state).toBe('behind');
    expect(await ledger.rewrite([[{ key: 'c/500', text: 'topic {}' }]])).toBe('kept');
    expect(await readFile(await journal(), 'utf8')).toBe('+c/500 topic {}\n');
    await write(ledger, 'c/501');
    await allDie();
    expect(await (await claim()).keys()).toEqual(['c/500', 'c/501']);
  });

  it('leaves nothing behind when it ends with nothing left', async () => {
    const ledger = await open();
    await write(ledger, 'c/1');
    await ledger.end(false);
    expect(await readdir(folder)).toEqual([]);
  });

  it('takes away what a killed process has left besides its journal', async () => {
    await write(await open(), 'c/1');
    await appendFile(`${await journal()}.new`, '+c/1');
    await allDie();
    await (await claim()).finish();
    for (const ledger of ledgers) await ledger.end(false);
    expect(await readdir(folder)).toEqual([]);
  });

  it('leaves a journal to a process that lives, however busy its socket is', async () => {
    await write(await open(), 'c/1');
    const other = new FileLedger(folder);
    ledgers.push(other);
    expect(await other.claim()).toBeUndefined();
  });

  it('does not start in a folder that others may write to', async () => {
    await mkdir(folder);
    await chmod(folder, 0o777);
    await expect(new FileLedger(folder).start()).rejects.toThrow(LedgerFolderError);
  });

  it('does not start where its sockets would have too long names', async () => {
    const deep = join(folder, 'x'.repeat(90));
    await expect(new FileLedger(deep).start()).rejects.toThrow('set a shorter ledger.dir');
  });

  it('does not start where there can be no folder', async () => {
    const file = join(folder, '..', 'file');
    await appendFile(file, '');
    await expect(new FileLedger(file).start()).rejects.toThrow('EEXIST');
  });
});
