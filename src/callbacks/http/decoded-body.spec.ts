import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { Logger } from '@nestjs/common';
import { answer, appsOfTest } from '../../../test/support/http-app.js';
import { callersOfTest } from '../../../test/support/http-callers.js';
import type { JsonText } from '../../protocol/json/json.js';
import type { StreamedAnswer } from '../stream-requester.js';

const BODY = '{}' as JsonText;
const TEXT = `{"a": "${'x'.repeat(50_000)}"}`;
const MIB = 1_048_576;
/** 64 MiB in 64 KiB; a gigabyte takes the test as long to make as ten tests to run. */
const BOMB = gzipSync(Buffer.alloc(64 * MIB, ' '));

beforeAll(() => Logger.overrideLogger(false));

async function sizeOf({ body }: StreamedAnswer, mostBytes = Infinity): Promise<number> {
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > mostBytes) break;
  }
  return size;
}

describe('an answer that is encoded', () => {
  const startApp = appsOfTest();
  const openCaller = callersOfTest();

  async function appOf(
    coding: string,
    body: Buffer,
  ): Promise<{ readonly origin: string; readonly connections: number }> {
    return startApp((response) => answer(response, body, { headers: { 'content-encoding': coding } }));
  }

  function open(url: string): Promise<StreamedAnswer> {
    return openCaller({ tries: 1 }).open({
      url,
      body: BODY,
      headers: {},
      signal: new AbortController().signal,
    });
  }

  it.each([
    ['gzip', gzipSync(TEXT)],
    ['X-Gzip', gzipSync(TEXT)],
    ['deflate', deflateSync(TEXT)],
    ['br', brotliCompressSync(TEXT)],
    ['identity', Buffer.from(TEXT)],
  ])('is decoded: %s', async (coding, body) => {
    const app = await appOf(coding, body);
    const caller = openCaller({ tries: 1 });
    for (let count = 0; count < 20; count++) {
      await expect(caller.call(app.origin, BODY)).resolves.toEqual(
        new Map([['a', `"${'x'.repeat(50_000)}"`]]),
      );
    }
    expect(app.connections).toBeLessThanOrEqual(2);
    await expect(sizeOf(await open(app.origin))).resolves.toBe(TEXT.length);
  });

  it('is limited in what it is decoded to', async () => {
    const app = await appOf('gzip', BOMB);
    await expect(openCaller({ tries: 1 }).call(app.origin, BODY)).rejects.toThrow(
      'the answer is larger than 1048576 bytes',
    );
    await expect(sizeOf(await open(app.origin), MIB)).resolves.toBeLessThan(2 * MIB);
  });

  it.each([
    ['breaks off', 'gzip', gzipSync(TEXT).subarray(0, -20), 'unexpected end of file'],
    ['is not what it says', 'gzip', Buffer.from(TEXT), 'incorrect header check'],
    ['has an unknown coding', 'zstd', Buffer.from(TEXT), 'none of gzip, deflate and br'],
    ['has several', 'gzip, br', Buffer.from(TEXT), 'none of gzip, deflate and br'],
  ])('is a failure when it %s', async (_, coding, body, fault) => {
    const app = await appOf(coding, body);
    await expect(openCaller({ tries: 1 }).call(app.origin, BODY)).rejects.toThrow(fault);
    const streamed = await open(app.origin);
    await expect(sizeOf(streamed)).rejects.toThrow(fault);
  });
});
