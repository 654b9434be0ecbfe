import { Kittiwake } from '../src/kittiwake.js';
import type { Asked } from './support/stub-app.js';
import { stageOfFile, stageOfTest } from './support/topics.js';
import { eventually } from './support/wait.js';

const services = (app: string) => ({
  ending: {
    requireAuthentication: false,
    beforeUnsubscribe: `${app}/before-end`,
    onUnsubscribe: `${app}/on-end`,
  },
  lapsing: {
    requireAuthentication: false,
    authorizer: `${app}/authorizer`,
    authorizationRenewalPeriod: '20ms',
    beforeUnsubscribe: `${app}/before-end`,
    onUnsubscribe: `${app}/on-end`,
  },
});

const stage = stageOfFile((app) => ({
  services: services(app),
  ping: { interval: '50ms', timeout: '50ms' },
}));

/** What a callback says of an end besides its body. */
const endOf = ({ headers }: Asked) => [headers['kittiwake-reason'], headers['idempotency-key']];
const reasonOf = ({ headers }: Asked) => headers['kittiwake-reason'];

async function reasons(path = '/on-end'): Promise<unknown[]> {
  return (await stage.app.requests(path)).map(reasonOf);
}

describe('the app is told of an end', () => {
  it('that the client wished', async () => {
    const client = await stage.subscriber('ending.1');
    await client.ask({ event: 'unsubscribe', subscription: 'ending.1' });
    expect(await reasons()).toEqual(['left']);
    const [asked] = await stage.app.requests('/before-end');
    expect(endOf(asked!)).toEqual([undefined, undefined]); // it may be refused: nothing has ended yet
  });

  it.each([
    ['close', 'closed'],
    ['drop', 'lost'],
  ] as const)('by a client that does %s: %s', async (how, reason) => {
    const client = await stage.subscriber('ending.1');
    await client[how]();
    expect(await reasons('/before-end')).toEqual([reason]);
    expect(await reasons()).toEqual([reason]);
  });

  it('by a client that does not answer pings: lost', async () => {
    const client = await stage.subscriber('ending.1');
    client.webSocket.pause();
    expect(await reasons()).toEqual(['lost']);
    client.webSocket.resume();
  });

  it('by an authorization that lapses: expired', async () => {
    stage.app.answer('/authorizer', {}, { body: { status: 'error' } });
    await stage.subscriber('lapsing.1');
    expect([...(await reasons('/before-end')), ...(await reasons())]).toEqual(['expired', 'expired']);
  });

  it.each(['disconnect', 'unsubscribe'] as const)('by a service that does %s: revoked', async (how) => {
    await stage.subscriber('ending.1');
    await stage.gateway.app.get(Kittiwake)[how]({ topic: 'ending.1' });
    expect(await reasons()).toEqual(['revoked']);
  });

  it('with the same body as ever', async () => {
    const client = await stage.subscriber('ending.1');
    client.drop();
    const [asked] = await stage.app.requests('/on-end');
    expect(asked!.text).toBe('{"subscription":"ending.1"}');
  });

  it('with an id of its own for each end and each callback', async () => {
    const client = await stage.subscriber('ending.1');
    await stage.subscriber('ending.2', {}, client);
    client.drop();
    await stage.app.requests('/on-end', 2);
    const ids = stage.app.asked.map(({ headers }) => headers['idempotency-key']);
    expect(new Set(ids).size).toBe(4);
    expect(ids.every((id) => /^[\x21-\x7e]{10,255}$/.test(String(id)))).toBe(true);
  });
});

describe('an end that is told again', () => {
  const patient = stageOfTest((app) => ({
    services: services(app),
    callbacks: { wait: '10ms', tries: 2, endTimeout: '20s' },
  }));

  it('has the same id and reason', async () => {
    patient.app.answer('/on-end', ...Array.from({ length: 5 }, () => ({ status: 503 })));
    const client = await patient.subscriber('ending.1');
    client.drop();
    const asked = await patient.app.requests('/on-end', 6);
    expect(new Set(asked.map((one) => endOf(one).join())).size).toBe(1);
  });
});

describe('a gateway that stops', () => {
  const stopping = stageOfTest((app) => ({ services: services(app) }));

  it('says that it has closed its clients', async () => {
    await stopping.subscriber('ending.1');
    await stopping.gateway.stop();
    await eventually(() => stopping.app.asked.length === 2);
    expect(stopping.app.asked.map(reasonOf)).toEqual(['closed', 'closed']);
  });
});
