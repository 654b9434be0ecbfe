import { jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { LifetimeParts } from './lifetime-parts.js';

describe('the parts of a gateway', () => {
  const errors: unknown[] = [];
  let calls: string[];
  beforeEach(() => {
    calls = [];
    errors.length = 0;
    jest.spyOn(Logger.prototype, 'error').mockImplementation((message: unknown) => void errors.push(message));
  });
  afterEach(() => jest.restoreAllMocks());

  /** A part that notes what it is told, and fails where it is to. */
  function part(name: string, failing: string[] = []) {
    const tell = (what: string) => async (): Promise<void> => {
      calls.push(`${what} ${name}`);
      if (failing.includes(what)) throw new Error(`${name} fails`);
    };
    return { start: tell('start'), close: tell('close'), drained: tell('drain'), stop: tell('stop') };
  }

  function partsOf(...parts: ReturnType<typeof part>[]): LifetimeParts {
    return new LifetimeParts(parts, parts, parts, parts);
  }

  it('begin, close and stop in their order', async () => {
    const parts = partsOf(part('a'), part('b'));
    await parts.start();
    await parts.close();
    await parts.stop();
    expect(calls).toEqual(['start a', 'start b', 'close a', 'close b', 'stop a', 'stop b']);
  });

  it('do not begin behind one that fails', async () => {
    await expect(partsOf(part('a', ['start']), part('b')).start()).rejects.toThrow('a fails');
    expect(calls).toEqual(['start a']);
  });

  it('close and stop although one of them fails, which is logged', async () => {
    const parts = partsOf(part('a', ['close', 'stop']), part('b'));
    await parts.close();
    await parts.stop();
    expect(calls).toEqual(['close a', 'close b', 'stop a', 'stop b']);
    expect(errors).toEqual([expect.stringContaining('a fails'), expect.stringContaining('a fails')]);
  });

  it('are drained in time, or not', async () => {
    expect(await partsOf(part('a')).drained(60_000)).toBe(true);
    const never = { ...part('b'), drained: () => new Promise<void>(() => undefined) };
    expect(await partsOf(never).drained(1)).toBe(false);
  });
});
