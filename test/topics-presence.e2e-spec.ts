import { Kittiwake } from '../src/kittiwake.js';
import { KITTIWAKE_V1 } from '../src/protocol/sub-protocol.js';
import { API_KEY } from './support/gateway.js';
import { PRESENT_AUTH, PresentClient } from './support/present-client.js';
import { stageOfFile } from './support/topics.js';
import { eventually } from './support/wait.js';

const present: PresentClient[] = [];

// Before the stage waits until everybody has left.
afterEach(() => {
  expect(present.flatMap(({ faults }) => faults)).toEqual([]);
  for (const { client } of present.splice(0)) client.drop();
});

const stage = stageOfFile((app) => ({
  auth: PRESENT_AUTH,
  services: {
    chat: { presence: { info: ['name'], grace: '300ms', max: 3, show: 'members' } },
    asked: {
      presence: { key: 'nick', info: ['color'], grace: '0s' },
      authorizer: `${app}/authorize`,
      authorizerFields: ['nick', 'color'],
    },
    renewed: {
      presence: { info: ['color'], grace: '0s' },
      authorizer: `${app}/authorize`,
      authorizerFields: ['color'],
      authorizationRenewalPeriod: '50ms',
    },
    patient: { presence: { grace: '1m', show: 'members' } },
    counted: { presence: { grace: '0s', show: 'count' } },
    closed: { presence: {} },
    plain: {},
  },
}));

let tests = 0;
let topic = '';

beforeEach(() => {
  topic = `chat.room_${++tests}`;
});

async function enter(user: string, where = topic, presence: unknown = true): Promise<PresentClient> {
  const client = await PresentClient.enter(stage.gateway.url, where, user, presence);
  present.push(client);
  return client;
}

describe('a client that asks who is present', () => {
  it('is told it with its subscription, and what changes from then on', async () => {
    const ann = await enter('ann');
    expect(ann.told).toEqual([{ seq: 0, members: [{ key: 'ann', info: { name: 'A.' } }] }]);
    const bob = await enter('bob');
    expect(bob.keys).toEqual(['ann', 'bob']);
    await ann.sees('ann', 'bob');
    expect(ann.told[1]).toEqual({
      event: 'presence',
      subscription: topic,
      seq: 1,
      join: [{ key: 'bob', info: { name: 'B.' } }],
      leave: [],
    });
    bob.client.drop();
    await ann.sees('ann');
    expect(ann.told[2]).toMatchObject({ seq: 2, join: [], leave: ['bob'] });
  });

  it('sees one member, however many tabs that one has', async () => {
    const ann = await enter('ann');
    const tabs = [await enter('bob'), await enter('bob')];
    await ann.sees('ann', 'bob');
    tabs[0]!.client.drop();
    await enter('eve');
    await ann.sees('ann', 'bob', 'eve');
    tabs[1]!.client.drop();
    await ann.sees('ann', 'eve');
    expect(ann.told.filter(({ leave }) => leave?.includes('bob'))).toHaveLength(1);
  });

  it('hears nothing of a reload', async () => {
    const ann = await enter('ann', 'patient.1');
    const bob = await enter('bob', 'patient.1');
    await ann.sees('ann', 'bob');
    bob.client.drop();
    await eventually(async () => (await stage.gateway.metric('kittiwake_connections')) === 1);
    const eve = await enter('eve', 'patient.1'); // whom she is told of with or after the end of his first tab
    await ann.sees('ann', 'bob', 'eve');
    await enter('bob', 'patient.1');
    await eve.client.ask({ event: 'unsubscribe', subscription: 'patient.1' });
    await ann.sees('ann', 'bob');
    expect(ann.told.flatMap(({ leave = [] }) => leave)).toEqual(['eve']);
  });

  it('hears at once of one who unsubscribes', async () => {
    const ann = await enter('ann', 'patient.2');
    const bob = await enter('bob', 'patient.2');
    await ann.sees('ann', 'bob');
    await bob.client.ask({ event: 'unsubscribe', subscription: 'patient.2' });
    await ann.sees('ann');
  });

  it('is told how many there are when they are too many, and again who they are when they are fewer', async () => {
    const ann = await enter('ann');
    const others = [await enter('bob'), await enter('eve'), await enter('dan')];
    const late = await enter('joe');
    expect(late.told).toEqual([{ count: 5 }]);
    await eventuallyCounts(ann, 5);
    expect(ann.keys).toEqual([]);
    for (const { client } of [...others, late]) client.drop();
    await ann.sees('ann');
    // Those who left may have done so in two steps: the list, and then who is no longer in it.
    const sinceCounts = ann.told.slice(ann.told.findLastIndex((told) => 'count' in told) + 1);
    expect(sinceCounts[0]).toHaveProperty('members');
  });

  it('gets only the count where it asks for no more', async () => {
    const ann = await enter('ann', topic, 'count');
    expect(ann.told).toEqual([{ count: 1 }]);
    await enter('bob');
    await eventuallyCounts(ann, 2);
    expect(ann.told[1]).toEqual({ event: 'presence', subscription: topic, count: 2 });
  });

  it('is told that it sees nothing where there is nothing to see', async () => {
    for (const where of ['closed.1', 'plain.1']) {
      const client = await PresentClient.authenticated(stage.gateway.url, 'ann');
      expect(await client.ask({ event: 'subscribe', subscription: where, presence: true })).toEqual({
        event: 'subscribe',
        subscription: where,
        status: 'ok',
        presence: false,
      });
      client.drop();
    }
  });

  it('sees no more than the service shows', async () => {
    const ann = await enter('ann', 'counted.1');
    expect(ann.told).toEqual([{ count: 1 }]);
  });
});

describe('what the authorizer says', () => {
  const where = (): string => `asked.room_${tests}`;
  const says = (nick: unknown, options?: object, more: object = {}): void =>
    void stage.app.answer('/authorize', { body: { status: 'ok', nick, options, ...more } });

  it('is who a member is, and who sees whom', async () => {
    says('ann', { presence: true }, { color: 'red' });
    const ann = await enter('1', where());
    expect(ann.told).toEqual([{ seq: 0, members: [{ key: 'ann', info: { color: 'red' } }] }]);
    says('bob', { presence: 'count' });
    expect((await enter('2', where())).told).toEqual([{ count: 2 }]);
    says('eve');
    expect((await enter('3', where())).told).toEqual([{}]);
    await ann.sees('ann', 'bob', 'eve');
  });

  it('hides who is not to be seen, and has those without a key seen by nobody', async () => {
    says('mod', { presence: true, hidden: true });
    const mod = await enter('1', where());
    expect(mod.told).toEqual([{ seq: 0, members: [] }]);
    for (const key of [null, { a: 1 }, 'x'.repeat(300)]) {
      says(key);
      await enter('2', where());
    }
    says(7);
    await enter('3', where());
    await mod.sees(7 as unknown as string);
  });

  it('is shown otherwise when the authorizer says otherwise', async () => {
    const show = (color: string): object => ({ color, options: { presence: true } });
    for (const color of ['red', 'red', 'blue']) says(undefined, undefined, show(color));
    const ann = await enter('ann', `renewed.shown_${tests}`);
    await eventually(() => ann.told.length >= 2, { what: 'the other color' });
    expect(ann.told.slice(0, 2)).toMatchObject([
      { members: [{ key: 'ann', info: { color: 'red' } }] },
      { join: [{ key: 'ann', info: { color: 'blue' } }], leave: [] },
    ]);
  });

  it('takes away what it has shown', async () => {
    says('ann', { presence: true });
    const ann = await enter('ann', `renewed.room_${tests}`);
    expect(await ann.client.next()).toMatchObject({ presence: { seq: 0 } });
    expect(await ann.client.next()).toEqual({
      event: 'presence',
      subscription: `renewed.room_${tests}`,
      presence: false,
    });
  });
});

describe('a client of another protocol', () => {
  it('is present, and sees not a byte of it', async () => {
    const ann = await enter('ann');
    const old = await PresentClient.authenticated(stage.gateway.url, 'old', []);
    expect(await old.ask({ event: 'subscribe', subscription: topic, presence: true })).toEqual({
      event: 'subscribe',
      subscription: topic,
      status: 'ok',
    });
    await ann.sees('ann', 'old');
    await enter('eve');
    await ann.sees('ann', 'eve', 'old');
    expect(await old.settled()).toEqual([]);
    old.drop();
    await ann.sees('ann', 'eve');
  });

  it('of ours, too, that does not ask', async () => {
    const quiet = await PresentClient.authenticated(stage.gateway.url, 'quiet', [KITTIWAKE_V1]);
    expect(await quiet.ask({ event: 'subscribe', subscription: topic })).not.toHaveProperty('presence');
    const ann = await enter('ann');
    expect(ann.keys).toEqual(['ann', 'quiet']);
    expect(await quiet.settled()).toEqual([]);
    quiet.drop();
  });
});

describe('a service that asks who is present', () => {
  const ask = async (query: string, key = API_KEY): Promise<[number, unknown]> => {
    const headers = { Authorization: `Bearer ${key}` };
    const response = await fetch(`${stage.gateway.httpUrl}/presence?${query}`, { headers });
    return [response.status, await response.json()];
  };

  it('gets the members of one topic, or the count, as it likes', async () => {
    for (const user of ['ann', 'bob', 'ann']) await enter(user);
    const members = ['ann', 'bob'].map((key) => ({ key, info: { name: `${key[0]!.toUpperCase()}.` } }));
    expect(await ask(`subscription=${topic}`)).toEqual([200, { status: 'ok', count: 2, members }]);
    expect(await ask(`subscription=${topic}&limit=1`)).toEqual([200, { status: 'ok', count: 2 }]);
    const kittiwake = stage.gateway.app.get(Kittiwake, { strict: false });
    expect(await kittiwake.presence(topic)).toEqual({ count: 2, members });
    expect(await kittiwake.presence(topic, { limit: 0 })).toEqual({ count: 2 });
  });

  it('gets the counts of several at once', async () => {
    for (const user of ['ann', 'bob']) await enter(user);
    const presences = [
      { subscription: topic, count: 2 },
      { subscription: 'chat.empty', count: 0 },
    ];
    expect(await ask(`subscription=${topic}&subscription=chat.empty`)).toEqual([
      200,
      { status: 'ok', presences },
    ]);
    const kittiwake = stage.gateway.app.get(Kittiwake, { strict: false });
    expect(await kittiwake.presenceCounts(['chat.empty', topic])).toEqual([0, 2]);
    const tooMany = Array.from({ length: 1001 }, () => topic);
    await expect(kittiwake.presenceCounts(tooMany)).rejects.toThrow('more than 1000 topics and rooms');
  });

  it.each([
    ['', 400, '"subscription" is missing'],
    ['subscription=plain.1', 404, '"subscription" must be <service>.<topic> of a service with presence'],
    ['subscription=nothing', 404, '"subscription" must be <service>.<topic> of a service with presence'],
    ['subscription=chat.1&limit=x', 400, '"limit" must be a whole number from 0 to 1000'],
    ['subscription=chat.1&limit=1001', 400, '"limit" must be a whole number from 0 to 1000'],
    ['room={"a":1}', 404, '"room" must be an object, and rooms must have presence'],
    ['room={', 400, '"room" is not JSON at position 1'],
  ])('is told what is wrong: %.40s', async (query, status, error) => {
    expect(await ask(query)).toEqual([status, { status: 'error', error }]);
  });

  it('needs a key', async () => {
    expect((await ask(`subscription=${topic}`, 'x'))[0]).toBe(401);
  });
});

describe('many who come one after another', () => {
  it('cost frames by time, not by how many there are', async () => {
    const watcher = await enter('watcher', topic, 'count');
    const ann = await enter('ann', 'asked.many');
    await Promise.all(Array.from({ length: 40 }, (_, i) => enter(`u${i % 20}`)));
    await eventuallyCounts(watcher, 21);
    expect(watcher.told.length).toBeLessThanOrEqual(4);
    ann.client.drop();
  });
});

async function eventuallyCounts(who: PresentClient, count: number): Promise<void> {
  await eventually(() => who.count === count, { what: `the count ${count}` });
}
