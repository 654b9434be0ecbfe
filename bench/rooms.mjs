// What matching costs: triggers among many subscribed rooms, and permission checks among many allowed rooms. Needs the
// build. Exits with 1 when 1,000 times the rooms cost more than twice as much.
import { parseArgs } from 'node:util';
import { Permissions } from '../dist/rooms/room/permissions.js';
import { RoomTrie } from '../dist/rooms/room/room-trie.js';
import { Room } from '../dist/rooms/room/room.js';
import { Trigger } from '../dist/rooms/room/trigger.js';

const MOST = 2;

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '31' },
    calls: { type: 'string', default: '5000' },
  },
});
const rounds = Number(values.rounds);
const calls = Number(values.calls);

/** The values of the first two keys are few, those of the others many, as customers and documents are. */
const roomText = (n) =>
  `{"target":"message","tenant":${n % 7},"customer":"${Math.floor(n / 100)}","document":${n}}`;
const roomOf = (text) => Room.parse(text);

function trieOf(count) {
  const trie = new RoomTrie();
  for (let n = 0; n < count; n++) trie.add(roomOf(roomText(n)), n);
  return trie;
}

/** The search alone, without reading the trigger: what a processor's caches hold shows most here. */
function searchesAmong(count) {
  const trie = trieOf(count);
  const rooms = texts(count).map(roomOf);
  return () => {
    let reached = 0;
    for (const room of rooms) trie.forEach(room, 'overlapping', () => reached++);
    if (reached !== calls) throw new Error(`reached ${reached} instead of ${calls}`);
  };
}

/** Triggers against this many distinct subscribed rooms; each reaches one. */
function triggersAgainst(count) {
  const trie = trieOf(count);
  const triggers = texts(count).map((text) => `{"rooms":[${text}],"data":{"n":1}}`);
  return () => {
    let reached = 0;
    for (const text of triggers) {
      for (const room of Trigger.parse(text, 1).rooms) trie.forEach(room, 'overlapping', () => reached++);
    }
    if (reached !== calls) throw new Error(`reached ${reached} instead of ${calls}`);
  };
}

/** Checks against this many allowed rooms; half of the wanted rooms are covered, by value or wildcard. */
function checksAgainst(count) {
  const wildcard = '{"target":"*","tenant":0,"customer":"*","document":"*"}';
  const allowed = Array.from({ length: count - 1 }, (_, n) => roomText(n * 2 + 1));
  const permissions = new Permissions(`[${[wildcard, ...allowed].join()}]`);
  const wanted = texts(count * 2);
  return () => {
    let covered = 0;
    for (const text of wanted) if (permissions.covers(roomOf(text))) covered++;
    if (covered === 0 || covered === calls) throw new Error(`${covered} of ${calls} are covered`);
  };
}

/** Rooms out of so many, spread evenly, the same in each run. */
function texts(count) {
  return Array.from({ length: calls }, (_, n) => roomText((n * 7919) % count));
}

const median = (list) => list.toSorted((a, b) => a - b)[Math.floor(list.length / 2)];

/** Microseconds per call of each: medians of rounds that take them in turn. */
function measure(...runs) {
  const samples = runs.map(() => []);
  for (let round = -3; round < rounds; round++) {
    runs.forEach((run, index) => {
      const startedAt = performance.now();
      run();
      if (round >= 0) samples[index].push(((performance.now() - startedAt) * 1000) / calls);
    });
  }
  return samples.map(median);
}

function compare(what, few, many, make) {
  const [small, large] = measure(make(few), make(many));
  const ratio = large / small;
  const cells = [what, few, small.toFixed(2), many.toLocaleString('en'), large.toFixed(2), ratio.toFixed(2)];
  console.log(`| ${cells.join(' | ')} |`);
  return ratio;
}

console.log('| what | rooms | µs | rooms | µs | ratio |');
console.log('| --- | ---: | ---: | ---: | ---: | ---: |');
const ratios = [
  compare('trigger, rooms of 4 keys', 100, 100_000, triggersAgainst),
  compare('permission check, rooms of 4 keys', 10, 10_000, checksAgainst),
];
compare('search alone, as in a trigger', 100, 100_000, searchesAmong);
if (ratios.some((ratio) => ratio > MOST)) {
  console.error(`More rooms must not cost more than ${MOST} times as much.`);
  process.exitCode = 1;
}
