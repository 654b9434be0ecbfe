import { API_KEY } from './support/gateway.js';
import { answer } from './support/http-app.js';
import { RoomsStage, settled, subscribe, SUCCESS, V1 } from './support/rooms.js';
import type { TestClient } from './support/client.js';

/** Another one in each test: who has left another counts as there for a while. */
let room = { target: 'chat', id: 0 };

describe('who is present in a room', () => {
  const stage = new RoomsStage();
  let says: Record<string, unknown> = {};
  const clients: TestClient[] = [];

  beforeAll(() =>
    stage.start({ rooms: { presence: { key: 'user', info: ['name'], grace: '100ms', show: 'members' } } }),
  );
  beforeEach(() => {
    room = { ...room, id: room.id + 1 };
    stage.bootstrap = (response) => answer(response, JSON.stringify({ allowed_rooms: [room], ...says }));
  });
  afterEach(async () => {
    for (const client of clients.splice(0)) await client.close();
  });
  afterAll(() => stage.stop());

  async function enter(user: unknown, more: object = {}, protocols = [V1]): Promise<TestClient> {
    says = { user, name: `${String(user)}!`, ...more };
    const client = await stage.connect(...protocols);
    clients.push(client);
    return client;
  }
  const asking = (requestId: string, presence: unknown = true): object => ({
    ...(subscribe(room, requestId) as Record<string, unknown>),
    presence,
  });

  it('is told to a client that asks, and what changes from then on', async () => {
    const ann = await enter('ann');
    expect(await ann.ask(asking('r'))).toEqual({ ...SUCCESS, requestId: 'r' });
    const [first, second] = ['ann', 'bob'].map((key) => ({ key, info: { name: `${key}!` } }));
    const about = { type: 'presence', room: room };
    expect(await ann.next()).toEqual({ ...about, seq: 0, members: [first] });
    const bob = await enter('bob', {}, []);
    expect(await bob.ask({ ...asking('r') })).toEqual(SUCCESS);
    expect(await ann.next()).toEqual({ ...about, seq: 1, join: [second], leave: [] });
    expect(await settled(bob)).toEqual([]);
    await bob.close();
    expect(await ann.next()).toEqual({ ...about, seq: 2, join: [], leave: ['bob'] });
  });

  it('is one room whatever the order of its keys, and one member under all request ids', async () => {
    const ann = await enter('ann');
    await ann.ask(asking('r'));
    await ann.next();
    const bob = await enter('bob');
    await bob.ask(subscribe({ id: room.id, target: 'chat' }, 'a'));
    await bob.ask(subscribe(room, 'b'));
    expect(await ann.next()).toMatchObject({ join: [{ key: 'bob' }] });
    await bob.ask({ type: 'unsubscribe', requestId: 'a' });
    expect(await settled(ann)).toEqual([]);
    await bob.ask({ type: 'unsubscribe', requestId: 'b' });
    expect(await ann.next()).toMatchObject({ leave: ['bob'] });
  });

  it('is what the app lets a client see', async () => {
    const hidden = await enter('mod', { options: { hidden: true, presence: 'count' } });
    await hidden.ask(asking('r'));
    expect(await hidden.next()).toEqual({ type: 'presence', room: room, count: 0 });
    const blind = await enter('eve', { options: { presence: false } });
    await blind.ask(asking('r'));
    expect(await blind.next()).toEqual({ type: 'presence', room: room, presence: false });
    expect(await hidden.next()).toEqual({ type: 'presence', room: room, count: 1 });
  });

  it('is taken away when the app says so', async () => {
    const ann = await enter('ann');
    await ann.ask(asking('r'));
    expect(await ann.next()).toMatchObject({ members: [{ key: 'ann' }] });
    says = { user: 'ann', options: { presence: false } };
    await stage.kittiwake.renewRooms();
    expect(await ann.next()).toEqual({ type: 'presence', room: room, presence: false });
  });

  it('is told to services', async () => {
    const ann = await enter('ann');
    await ann.ask(asking('r'));
    await ann.next();
    const url = `${stage.gateway.httpUrl}/presence?room=${encodeURIComponent(JSON.stringify(room))}`;
    const response = await fetch(url, { headers: { Authorization: `Bearer ${API_KEY}` } });
    const expected = { count: 1, members: [{ key: 'ann', info: { name: 'ann!' } }] };
    expect(await response.json()).toEqual({ status: 'ok', ...expected });
    expect(await stage.kittiwake.presence(room)).toEqual(expected);
    expect(await stage.kittiwake.presenceCounts([{ other: 1 }, room])).toEqual([0, 1]);
  });

  it('is announced in the first frame', async () => {
    const client = await stage.open([V1]);
    clients.push(client);
    expect(await client.next()).toMatchObject({ features: ['immediate-ping', 'report-drops', 'presence'] });
  });
});
