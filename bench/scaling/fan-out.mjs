// Plays the fan-out of a plan in virtual time: clients are anywhere, publications come at random, topics are of very
// different sizes, and each process and each primary of Redis is a queue. Does the plan hold, and how late is a delivery?
// `node bench/scaling/fan-out.mjs [--seconds 5]`; needs neither a build nor Redis.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { planOf, processMicros, reached } from '../../docs/scaling/model.mjs';
import { PLANS } from '../../docs/scaling/plans.mjs';

const { values } = parseArgs({ options: { seconds: { type: 'string', default: '5' } } });
const seconds = Number(values.seconds);
const COSTS = path.join(import.meta.dirname, '..', '..', 'docs', 'scaling', 'costs.json');
const costs = JSON.parse(readFileSync(COSTS, 'utf8'));

/** The same numbers in each run. */
function randomFrom(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Work that is done one after another, all times in microseconds: what comes by itself all the time, and what is given. */
class Queue {
  worked = 0;
  #busyUntil = 0;
  #nextMs = 0;

  /** @param share of its time that goes into what comes by itself */
  constructor(share = 0) {
    this.microsPerMs = share * 1000;
  }

  /** Does what comes at a time, after what came before. @returns when it is done */
  do(at, micros) {
    for (; this.#nextMs * 1000 <= at; this.#nextMs++) this.#add(this.#nextMs * 1000, this.microsPerMs);
    this.#add(at, micros);
    return this.#busyUntil;
  }

  #add(at, micros) {
    this.#busyUntil = Math.max(this.#busyUntil, at) + micros;
    this.worked += micros;
  }
}

/** What is to be done at which time, in the order of milliseconds. */
class Agenda {
  #slots = [];

  add(at, work) {
    (this.#slots[Math.floor(at / 1000)] ??= []).push([at, work]);
  }

  /** Does all until there is nothing more: what is done may add more, for later. */
  run() {
    for (let slot = 0; slot < this.#slots.length; slot++)
      for (const [at, work] of this.#slots[slot] ?? []) work(at);
  }
}

/** How many receivers: few topics have many and many have few, in the mean as planned (exponential). */
const receiversOf = (mean, random) => Math.max(1, Math.round(-Math.log(1 - random()) * mean));

/** How many of so many receivers each process has that has any. */
function spread(receivers, processes, random) {
  const counts = new Map();
  for (let n = 0; n < receivers; n++) {
    const process = Math.floor(random() * processes);
    counts.set(process, (counts.get(process) ?? 0) + 1);
  }
  return counts;
}

/** A publication costs the process that takes it, then a primary of Redis, then all processes that have a receiver. */
function play({ load, processes, primaries }, random = randomFrom(1)) {
  const end = seconds * 1e6;
  const { connecting, pings } = processMicros(load, costs, processes);
  const queues = Array.from({ length: processes }, () => new Queue((connecting + pings) / processes / 1e6));
  const shards = Array.from({ length: primaries }, () => new Queue());
  const anyOf = (list) => list[Math.floor(random() * list.length)];
  const publishing = costs.publication.cpuMicros + load.kept * costs.kept.cpuMicros;
  const sending = costs.publication.redisMicros + load.kept * costs.kept.redisMicros;
  const arriving = costs.arrival.cpuMicros + load.kept * costs.kept.arrivalMicros;
  const agenda = new Agenda();
  const lateness = [];
  let deliveries = 0;
  const publish = (madeAt) => {
    const counts = spread(receiversOf(load.receivers, random), processes, random);
    agenda.add(anyOf(queues).do(madeAt, publishing), (takenAt) => {
      const sentAt = anyOf(shards).do(takenAt, sending + counts.size * costs.arrival.redisMicros);
      agenda.add(sentAt, () => {
        for (const [process, count] of counts) {
          const doneAt = queues[process].do(sentAt, arriving + count * costs.delivery.cpuMicros);
          lateness.push(doneAt - madeAt);
          deliveries += count;
        }
      });
    });
  };
  for (let at = 0; at < end; at += (-Math.log(1 - random()) * 1e6) / load.publications)
    agenda.add(at, publish);
  agenda.run();
  lateness.sort((a, b) => a - b);
  const busiest = (list) => Math.max(...list.map(({ worked }) => worked)) / end;
  return {
    deliveriesPerSecond: deliveries / seconds,
    busiestProcess: busiest(queues),
    busiestPrimary: busiest(shards),
    p50Ms: lateness[Math.floor(lateness.length * 0.5)] / 1000,
    p99Ms: lateness[Math.floor(lateness.length * 0.99)] / 1000,
  };
}

for (const [name, load] of Object.entries(PLANS)) {
  const plan = planOf(load, costs);
  const played = play(plan);
  const percent = (share) => `${Math.round(share * 100)} %`;
  console.log(
    `${name}: ${plan.processes} processes, ${plan.primaries} primaries, each publication at ` +
      `${reached(plan.processes, plan.load.receivers).toFixed(0)} of them; ${Math.round(played.deliveriesPerSecond)} ` +
      `deliveries a second; busiest process ${percent(played.busiestProcess)} (planned ${percent(plan.usage.core)}), ` +
      `busiest primary ${percent(played.busiestPrimary)} (planned ${percent(plan.usage.redisCore)}); a delivery is late by ` +
      `${played.p50Ms.toFixed(1)} ms (p50) and ${played.p99Ms.toFixed(1)} ms (p99)`,
  );
}
