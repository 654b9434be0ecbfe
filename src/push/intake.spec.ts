import { jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { PublishSettings } from '../config/sections/publish.settings.js';
import type { HttpAnswer } from '../endpoints/answer.js';
import type { BodyRequest } from '../endpoints/body.js';
import { INPUT_BOUNDS } from '../protocol/json/bounds.js';
import { ApiKey } from './api-key.js';
import { Intake } from './intake.js';

class Wrong extends Error {}

interface Taken {
  readonly taken: string;
}

/** Takes texts that hold neither "wrong" nor "down". */
function intakeOf(settings: Partial<PublishSettings> = {}): { intake: Intake<Taken>; taken: string[] } {
  const taken: string[] = [];
  const take = async (source: string | Buffer): Promise<Taken> => {
    const text = source.toString();
    if (text.includes('wrong')) throw new Wrong('is wrong');
    if (text.includes('down')) throw new Error('a secret of the broker');
    taken.push(text);
    return { taken: text };
  };
  const all = Object.assign(new PublishSettings(), settings);
  return { intake: new Intake({ name: 'things', take, refusal: Wrong }, all, INPUT_BOUNDS), taken };
}

const body = (text: string): BodyRequest => ({ body: Buffer.from(text) });
const failure = (error: string): object => ({ status: 'error', error });

/** Status and body of an answer. */
async function told(handled: () => HttpAnswer | Promise<HttpAnswer>): Promise<[number, unknown]> {
  const { status, body: said } = await handled();
  return [status, said];
}

beforeAll(() => Logger.overrideLogger(false));

describe('an intake', () => {
  it('takes one item as the text it came in', async () => {
    const { intake } = intakeOf();
    expect(await told(() => intake.handle(body(' {"n": 1.0} '), ApiKey.full))).toEqual([
      200,
      { taken: ' {"n": 1.0} ' },
    ]);
  });

  it('takes a list as the texts of its items, each with a result', async () => {
    const { intake, taken } = intakeOf();
    const answer = await intake.handle(body('\n[ {"n": 1.0}, "wrong" ,[2],"down"]'), ApiKey.full);
    expect(answer.body).toEqual({
      results: [
        { taken: '{"n": 1.0}' },
        failure('item 1: is wrong'),
        { taken: '[2]' },
        failure('the broker is not available'),
      ],
    });
    expect(taken).toEqual(['{"n": 1.0}', '[2]']);
  });

  it('refuses one wrong item with 400, and one that the broker could not take with 503', async () => {
    const { intake } = intakeOf();
    expect(await told(() => intake.handle(body('wrong'), ApiKey.full))).toEqual([400, failure('is wrong')]);
    expect(await told(() => intake.handle(body('down'), ApiKey.full))).toEqual([
      503,
      failure('the broker is not available'),
    ]);
  });

  it('refuses a list that is not JSON with 400, and one that is too long with 413, as a whole', async () => {
    const { intake, taken } = intakeOf({ maxBatch: 2 });
    expect(await told(() => intake.handle(body('[1,2'), ApiKey.full))).toEqual([
      400,
      failure(expect.stringContaining('the body is not JSON') as string),
    ]);
    expect(await told(() => intake.handle(body('[1,2,3]'), ApiKey.full))).toEqual([
      413,
      failure('a batch must not hold more than 2 things'),
    ]);
    expect(taken).toEqual([]);
  });

  it('refuses what exceeds the rate with 429, a list as a whole, until the next second', async () => {
    const now = jest.spyOn(performance, 'now').mockReturnValue(7000);
    const { intake, taken } = intakeOf({ maxPerSecond: 3 });
    await intake.handle(body('[1,2]'), ApiKey.full);
    expect(await told(() => intake.handle(body('[3,4]'), ApiKey.full))).toEqual([
      429,
      failure('too many things'),
    ]);
    await intake.handle(body('5'), ApiKey.full);
    expect(await told(() => intake.handle(body('6'), ApiKey.full))).toEqual([
      429,
      failure('too many things'),
    ]);
    now.mockReturnValue(8000);
    await intake.handle(body('[7,8,9,10]'), ApiKey.full);
    now.mockRestore();
    expect(taken).toEqual(['1', '2', '5', '7', '8', '9', '10']);
  });

  it('counts items that are wrong', async () => {
    const { intake } = intakeOf({ maxPerSecond: 1 });
    const now = jest.spyOn(performance, 'now').mockReturnValue(7000);
    expect((await told(() => intake.handle(body('wrong'), ApiKey.full)))[0]).toBe(400);
    expect((await told(() => intake.handle(body('1'), ApiKey.full)))[0]).toBe(429);
    now.mockRestore();
  });
});

describe('a body that was parsed before', () => {
  it('is taken, and the log says once that digits may be lost', async () => {
    const warn = jest.spyOn(Logger.prototype, 'warn');
    const { intake, taken } = intakeOf();
    await intake.handle({ body: { a: 1 } }, ApiKey.full);
    await intake.handle({ body: { a: 2 } }, ApiKey.full);
    await intake.handle(body('{"a":3}'), ApiKey.full);
    expect(taken).toEqual(['{"a":1}', '{"a":2}', '{"a":3}']);
    expect(warn.mock.calls.map(([text]) => String(text))).toEqual([expect.stringContaining('rawBody: true')]);
    warn.mockRestore();
  });
});
