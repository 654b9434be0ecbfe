import { RequestHead } from '../src/push/front/request-head.js';
import { Chance } from './support/chance.js';
import { fuzz, FUZZ_TIMEOUT_MS } from './fuzz/fuzz-run.js';
import { fuzzHeads } from './fuzz/head.js';
import { NodeAlone, expectSameAnswers } from './fuzz/streams.js';
import { stoppedAfterAll } from './support/cleanup.js';
import { TestGateway } from './support/gateway.js';
import { KeptLog } from './support/nest-app.js';
import { TARGETS } from './fuzz/http-bytes.js';

describe('fuzz:', () => {
  it(
    'heads are complete where Node says so too, with the same framing',
    async () => {
      const head = new RequestHead(TARGETS);
      await fuzz('heads', 5, async (chance) => {
        expect(await fuzzHeads(head, chance, 200)).toBeGreaterThan(50);
      });
    },
    FUZZ_TIMEOUT_MS,
  );
});

describe('the fuzz of heads', () => {
  it.each([
    ['overlooks chunks', /transfer-encoding/gi],
    ['overlooks a second length', /(?<=length: \d{1,9}\r\n)content-length/gi],
    ['overlooks a lone CR', /\r(?!\n)/g],
    ['takes any name', /(?<=\r\nX) (?=:)/g],
  ])('finds a reader that %s', async (_, overlooked) => {
    class Careless extends RequestHead {
      override read(bytes: Buffer, at: number): ReturnType<RequestHead['read']> {
        const text = bytes.toString('latin1').replace(overlooked, (found) => 'x'.repeat(found.length));
        return super.read(Buffer.from(text, 'latin1'), at);
      }
    }
    await expect(fuzzHeads(new Careless(TARGETS), new Chance(1), 4_000)).rejects.toThrow('toEqual');
  });
});

describe('fuzz:', () => {
  const stopped = stoppedAfterAll();
  const log = new KeptLog();
  let ports: { intake: number; alone: number };
  beforeAll(async () => {
    const gateway = stopped(
      await TestGateway.start({
        services: { books: { requireAuthentication: false } },
        rooms: { api: { url: 'http://127.0.0.1:1/' } },
      }),
    );
    gateway.app.useLogger(log);
    const alone = stopped(await NodeAlone.start(gateway));
    ports = { intake: gateway.port, alone: alone.port };
  });
  afterAll(() => expect(log.errors).toEqual([]));

  it(
    'intake answers whatever is pipelined, however it is cut, as Node does alone',
    async () => {
      await fuzz('intake', 8, async (chance) => {
        await Promise.all(Array.from({ length: 16 }, () => expectSameAnswers(chance, ports)));
      });
    },
    FUZZ_TIMEOUT_MS,
  );
});
