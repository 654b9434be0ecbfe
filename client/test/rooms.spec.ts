import { join, type Room } from 'kittiwake-client';
import { World } from './world.js';

const ROOM = { target: 'message', customer: '1' };

interface Rooms {
  rooms: { room: { target: string; customer: string }; data: string };
}

/** What a room tells, as texts. */
function heardOf(room: Room<string>): string[] {
  const heard: string[] = [];
  room.on('data', (data, { position }) => heard.push(position ? `${data}@${position}` : data));
  room.on('gap', (gap) => heard.push(`gap:${'why' in gap ? gap.why : gap.reason}`));
  room.on('status', (status, error) => heard.push(error ? `${status}:${error.code}` : status));
  return heard;
}

describe('a room', () => {
  it('brings what is triggered, however many are in it and however its keys are ordered, until all have left', async () => {
    const world = new World<Rooms>();
    world.server.room(ROOM);
    const first = join(world.client, ROOM);
    const second = join(world.client, { customer: '1', target: 'message' });
    const heard = [heardOf(first), heardOf(second)];
    await world.pass(0);
    await first.ready();
    world.server.trigger(ROOM, 'a');
    first.close();
    first.close();
    await world.pass(0);
    world.server.trigger(ROOM, 'b');
    expect(heard).toEqual([
      ['live', 'a', 'ended'],
      ['live', 'a', 'b'],
    ]);
    second.close();
    await world.pass(0);
    expect(world.got('join')).toMatchObject([{ room: { customer: '1', target: 'message' }, recover: true }]);
    expect(world.got('leave')).toMatchObject([{ ref: 1 }]);
    await world.pass(10_000);
    expect(world.client.state).toBe('idle');
  });

  it('that is joined again while it is being left is joined once more', async () => {
    const world = new World<Rooms>();
    world.server.room(ROOM);
    join(world.client, ROOM).close();
    const room = join(world.client, ROOM);
    await world.pass(0);
    room.close();
    const again = join(world.client, ROOM);
    const heard = heardOf(again);
    await world.pass(0);
    world.server.trigger(ROOM, 'a');
    expect([again.status, heard.at(-1)]).toEqual(['live', 'a']);
    expect(world.errors).toEqual([]);
  });

  it('recovers what is kept, with the ids of the connections before, and tells of what is not', async () => {
    const world = new World<Rooms>();
    const other = { target: 'message', customer: '2' };
    world.server.room(ROOM, { history: 2 });
    world.server.room(other);
    const heard = [heardOf(join(world.client, ROOM)), heardOf(join(world.client, other))];
    await world.pass(0);
    world.server.trigger(ROOM, 'a');
    world.server.cut();
    world.server.trigger(ROOM, 'b');
    world.server.trigger(other, 'lost');
    await world.pass(1000);
    expect(heard).toEqual([
      ['live', 'a@e.1', 'stale', 'live', 'b@e.2'],
      ['live', 'stale', 'gap:undefined', 'live'],
    ]);
    const [, , back, anew] = world.got('join');
    expect(back).toMatchObject({ position: 'e.1', was: [expect.stringMatching(/^fake-/)] });
    expect(anew).not.toHaveProperty('was');
  });

  it('that is refused or taken away ends, and the others stay', async () => {
    const world = new World<Rooms>();
    world.server.room(ROOM);
    const room = join(world.client, ROOM);
    const refused = join(world.client, { target: 'none', customer: '1' });
    await expect(Promise.all([refused.ready(), world.pass(0)])).rejects.toMatchObject({
      code: 'room_not_found',
    });
    expect([room.status, refused.status]).toEqual(['live', 'ended']);
    world.server.send({ event: 'leave', ref: 1, error: 'Room not found.', code: 'room_not_found' });
    expect([room.status, room.error?.code]).toEqual(['ended', 'room_not_found']);
  });

  it('is asked for again when the app could not be asked', async () => {
    const world = new World<Rooms>();
    world.server.room(ROOM, { refuse: 'service_unavailable' });
    const room = join(world.client, ROOM);
    await world.pass(0);
    world.server.room(ROOM);
    await world.pass(2000);
    expect(room.status).toBe('live');
  });

  it('takes no number with it that another room has got meanwhile', async () => {
    const world = new World<Rooms>();
    world.server.room(ROOM);
    const first = join(world.client, ROOM);
    await world.pass(0);
    world.server.silence();
    first.close();
    await world.pass(0);
    const heard = heardOf(join(world.client, { target: 'message', customer: '2' }));
    const again = join(world.client, ROOM);
    await world.pass(0);
    world.server.silence(false);
    world.server.room(ROOM, { refuse: 'service_unavailable' });
    const [left, joined] = [...world.got('leave'), world.got('join')[1]];
    world.server.send({ event: 'leave', id: left?.['id'], ref: 1, status: 'ok' });
    world.server.send({ event: 'join', id: joined?.['id'], ref: 1, status: 'ok' });
    await world.pass(0);
    world.server.send({ event: 'trigger', ref: 1, data: 'a' });
    expect([heard, again.error?.code]).toEqual([['live', 'a'], 'service_unavailable']);
  });

  it('can be read until the loop is left', async () => {
    const world = new World<Rooms>();
    world.server.room(ROOM);
    const read: string[] = [];
    const reading = (async () => {
      for await (const data of join(world.client, ROOM)) if (read.push(data) === 2) break;
    })();
    await world.pass(0);
    for (const data of ['a', 'b', 'c']) world.server.trigger(ROOM, data);
    await world.pass(0);
    await reading;
    expect(read).toEqual(['a', 'b']);
    expect(world.got('leave')).toHaveLength(1);
  });

  it('tells who is there', async () => {
    const world = new World<Rooms>();
    world.server.room(ROOM, { members: [{ key: 'ann' }] });
    const room = join(world.client, ROOM, { presence: true });
    await world.pass(0);
    world.server.send({ event: 'presence', ref: 1, seq: 2, join: [{ key: 'eve' }], leave: ['ann'] });
    expect([...room.members!.keys()]).toEqual(['eve']);
  });
});
