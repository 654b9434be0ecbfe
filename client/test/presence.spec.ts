import { type PresenceChange, topic } from 'kittiwake-client';
import { World } from './world.js';

const ANN = { key: 'ann', info: { name: 'Ann' } };
const BOB = { key: 'bob' };

async function watched() {
  const world = new World();
  world.server.topic('chat.1', { state: 'S', members: [ANN] });
  const chat = topic(world.client, 'chat.1', { presence: true });
  const changes: PresenceChange[] = [];
  chat.on('presence', (change) => changes.push(change));
  await world.pass(0);
  const say = (members: object): void =>
    world.server.send({ event: 'presence', subscription: 'chat.1', ...members });
  const keys = (): unknown => chat.members && [...chat.members.keys()];
  return { world, chat, changes, say, keys };
}

describe('who is there', () => {
  it('is known with the subscription, and from then on by who comes and goes', async () => {
    const { world, chat, changes, say, keys } = await watched();
    expect([keys(), chat.count]).toEqual([['ann'], 1]);
    say({ seq: 2, join: [BOB], leave: ['ann'] });
    expect(keys()).toEqual(['bob']);
    expect(changes).toEqual([
      { isShown: true, members: [ANN] },
      { isShown: true, join: [BOB], leave: ['ann'] },
    ]);
    expect(world.got('subscribe')).toMatchObject([{ presence: true }]);
  });

  it('is told anew, and only counted where there are too many', async () => {
    const { chat, say, keys } = await watched();
    say({ seq: 7, members: [BOB] });
    expect(keys()).toEqual(['bob']);
    say({ count: 240 });
    expect([keys(), chat.count]).toEqual([undefined, 240]);
    say({ seq: 9, members: [ANN, BOB] });
    say({ seq: 10, leave: ['ann'] });
    expect([keys(), chat.count]).toEqual([['bob'], 1]);
  });

  it('is asked for anew where a number is missing', async () => {
    const { world, say, keys } = await watched();
    say({ seq: 3, join: [BOB] });
    await world.pass(0);
    expect([keys(), world.got('subscribe').length]).toEqual([['ann'], 2]);
  });

  it('is not shown to everybody', async () => {
    const { world, chat, changes, say } = await watched();
    say({ presence: false });
    expect([chat.members, changes.at(-1)!.isShown]).toEqual([undefined, false]);
    world.server.topic('chat.2', {});
    const other = topic(world.client, 'chat.2', { presence: true });
    await world.pass(0);
    expect([other.members, other.status]).toEqual([undefined, 'live']);
  });

  it('is asked for by one who follows it later, too', async () => {
    const world = new World();
    world.server.topic('chat.1', { members: [ANN] });
    const chat = topic(world.client, 'chat.1');
    await world.pass(0);
    const second = topic(world.client, 'chat.1', { presence: true });
    await world.pass(0);
    expect([chat.members?.size, second.members?.size]).toEqual([1, 1]);
  });
});
