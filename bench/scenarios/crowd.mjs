import { setTimeout as wait } from 'node:timers/promises';
import { comparison } from '../report/comparison.mjs';
import { exact, kib, mib, percent, threeDigits } from '../report/format.mjs';
import { Session } from '../session.mjs';
import { median } from '../statistics.mjs';

/** Who is measured: the others would only take long. */
const NAMES = ['kittiwake', 'ws'];

const WARM_UP = { count: 1000, topics: 1 };
const PUBLICATIONS = 5;

/** After the last connection is closed: what sweeps deadlines may hold a client until it comes by, every 15 s. */
const AFTER_CLOSING_MS = 20_000;

/** How much larger than before resident memory may be when all are gone. */
const GOAL_AFTER = 1.15;

export const crowd = {
  title: 'A crowd on one process',
  about:
    'One process with a connection and a subscription for each of very many clients, from several addresses of the ' +
    'loopback interface. They are published to, then all are closed. Memory is read after a collection of garbage, at ' +
    'the end twenty seconds after the last connection is closed; before: after 1,000 connections that were closed again.',

  async run(bench) {
    const { crowd, most } = bench;
    const count = Math.min(crowd, most);
    const targets = bench.targets.filter(({ name }) => NAMES.includes(name));
    const samples = [];
    for (const target of targets) {
      bench.log(`${exact(count)} connections to ${target.label}`);
      samples.push({
        target: target.name,
        case: exact(count),
        round: 0,
        ...(await measure(target, count, bench)),
      });
    }
    const of = { samples, targets, head: 'connections' };
    const lines = [
      ['KiB per connection', ({ bytesEach }) => bytesEach, kib],
      ['MiB before', ({ before }) => before.residentBytes, mib],
      ['MiB with all of them', ({ held }) => held.residentBytes, mib],
      ['MiB after closing', ({ after }) => after.residentBytes, mib],
      [
        'After closing, of before',
        ({ after, before }) => after.residentBytes / before.residentBytes,
        percent,
        GOAL_AFTER,
      ],
      ['The same of the heap in use', ({ after, before }) => after.heapBytes / before.heapBytes, percent],
      ['Milliseconds until a publication has reached half', ({ p50Ms }) => p50Ms, threeDigits],
      ['Milliseconds until it has reached 99 %', ({ p99Ms }) => p99Ms, threeDigits],
      ['Connected and subscribed per second', ({ perSecond }) => perSecond, threeDigits],
    ];
    const tables = lines.map(([title, figure, format, goal]) =>
      comparison({
        ...of,
        title,
        figure,
        format,
        goals: goal && { [exact(count)]: { value: goal } },
        ...(format === percent && { reference: undefined }),
      }),
    );
    return { samples, tables: [joined(tables)], notes: notesOf(crowd, most) };
  },
};

async function measure(target, count, { cores, dataBytes, most }) {
  const session = await Session.open(target, cores, { isCollectable: true });
  const { server } = session;
  try {
    await session.connect({ ...WARM_UP, count: Math.min(WARM_UP.count, most) });
    await publishTo(session, dataBytes);
    await session.disconnect();
    await server.abandoned();
    const before = await server.collected();
    const connected = await session.connect({ count, topics: 1 });
    const held = await server.collected();
    const arrival = await publishTo(session, dataBytes);
    await session.disconnect();
    await server.abandoned();
    await wait(AFTER_CLOSING_MS);
    const after = await server.collected();
    const bytesEach = (held.residentBytes - before.residentBytes) / count;
    return { before, held, after, bytesEach, perSecond: count / connected.seconds, ...arrival };
  } finally {
    await session.close();
  }
}

/** Publications one by one, so that none waits behind another. */
async function publishTo(session, dataBytes) {
  const arrivals = [];
  for (let n = 0; n < PUBLICATIONS; n++) {
    const streams = [{ topic: 0, perSecond: 1, dataBytes }];
    arrivals.push(await session.publishSteadily({ publishing: {}, streams, seconds: 1 }));
  }
  return {
    p50Ms: median(arrivals.map(({ p50Ms }) => p50Ms)),
    p99Ms: median(arrivals.map(({ p99Ms }) => p99Ms)),
  };
}

/** The figures of one case each, as the rows of one table. */
function joined(tables) {
  const rows = tables.flatMap(({ title, rows: [row] }) =>
    row === undefined ? [] : [{ ...row, label: title }],
  );
  return { ...tables[0], title: 'What they cost', head: '', rows };
}

function notesOf(crowd, most) {
  if (crowd <= most) return [];
  return [
    `${exact(most)} connections instead of ${exact(crowd)}: a process may have no more open files here. ` +
      `ulimit -n must be at least ${crowd + 200}.`,
  ];
}
