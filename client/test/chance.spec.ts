import { topic, type Topic } from 'kittiwake-client';
import { fakeClock, fakeServer } from 'kittiwake-client/testing';
import { World } from './world.js';

const NAMES = ['a.1', 'a.2', 'a.3'];

/** One who follows a topic, whose state is the number of its last update. */
interface Follower {
  readonly book: Topic;
  readonly name: string;
  known?: unknown;
}

/** Numbers below `n` that look like chance, and are the same in each run. */
function chance(seed: number): (n: number) => number {
  let state = Math.imul(seed, 2_654_435_761);
  return (n) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    return Math.floor(((state >>> 0) / 2 ** 32) * n);
  };
}

/** Uses topics at random. @returns what those who follow one at the end know, and what they should. */
async function used(
  seed: number,
): Promise<{ known: unknown[]; latest: unknown[]; wrong: string[]; world: World }> {
  const below = chance(seed);
  const auth = { token: () => (below(5) ? 't' : Promise.reject(new Error('the app is down'))) };
  const clock = fakeClock();
  const options = { clock, ping: { everyMs: 2000, withinMs: 1000 }, ...(below(2) ? { auth } : {}) };
  const world = new World(options, fakeServer(clock));
  const latest = new Map(NAMES.map((name) => [name, 0]));
  const history = [0, 3, 50][below(3)]!;
  const wrong: string[] = [];
  for (const name of NAMES) world.server.topic(name, { state: 0, history });
  const followers: Follower[] = [];
  const publish = (name: string): void => {
    const update = latest.get(name)! + 1;
    latest.set(name, update);
    world.server.topic(name, { state: update, history, delayMs: below(2) * 30 });
    world.server.publish(name, update);
  };
  const follow = (name: string, fields: object): void => {
    let book: Topic;
    try {
      book = topic(world.client, name, { fields, presence: below(4) === 0 });
    } catch {
      return; // It is open with other fields.
    }
    const own: Follower = { book, name };
    followers.push(own);
    book.on('event', (event) => {
      if (event.type === 'update' && own.known !== (event.data as number) - 1)
        wrong.push(`${name}: ${String(own.known)}, then ${String(event.data)}`);
      if (event.type === 'state') own.known = event.state;
      else if (event.type === 'update') own.known = event.data;
    });
  };
  const close = (): void => {
    const [one] = followers.splice(below(followers.length), 1);
    one?.book.close();
  };
  const nameOf = (): string => NAMES[below(3)]!;
  const open = (): void => follow(nameOf(), below(4) ? {} : { f: below(2) });
  const update = (): void => publish(nameOf());
  const steps = [
    open,
    open,
    open,
    open,
    close,
    close,
    update,
    update,
    update,
    () => world.server.cut([1006, 1011, 1012, 4429][below(4)]),
    () => followers[0]?.book.refresh(),
    () => world.server.refuse(below(2) === 1),
    () => world.client.reconnect(),
  ];
  for (let count = 0; count < 80; count++) {
    steps[below(steps.length)]!();
    if (below(2)) await world.pass([0, 10, 3000][below(3)]!);
  }
  world.server.refuse(false);
  await world.pass(200_000);
  NAMES.forEach(publish);
  await world.pass(0);
  const known = followers.map((one) => [one.name, one.book.status, one.known]);
  const expected = followers.map(({ name }) => [name, 'live', latest.get(name)]);
  while (followers.length > 0) close();
  await world.pass(10_000);
  return { known, latest: expected, wrong, world };
}

describe('a topic that is used at random', () => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8])('has what there is, in order, and leaves nothing (%i)', async (seed) => {
    const { known, latest, wrong, world } = await used(seed);
    expect(known).toEqual(latest);
    expect([wrong, world.client.state, world.server.clock.timers]).toEqual([[], 'idle', 0]);
  });
});
