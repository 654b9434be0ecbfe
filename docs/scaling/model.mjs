/**
 * How far a gateway goes: what a load asks of processes, Redis, networks and the app, from what one of each thing costs.
 * Pure: the page, the run that checks the smallest plan, and the simulation of the larger ones reckon with it.
 */

/** What is reckoned with unless it is said. Times in seconds. */
export const LOAD = {
  clients: 100_000,
  /** Subscriptions of each client, and how many callbacks the app has for each when it connects: ticket and authorizers. */
  subscriptions: 2,
  callbacks: 2,
  /** How long a connection lasts, on average, and how often a client pings. */
  session: 600,
  ping: 25,
  publications: 200,
  /** Clients that a publication is for. */
  receivers: 100,
  dataBytes: 240,
  /** The share of publications that are kept, and whether the app hears of every end (a ledger). */
  kept: 0,
  ledger: 0,
};

export const MACHINE = {
  /** Workers of a machine, each with a core. */
  workers: 8,
  memoryGib: 16,
  networkGbit: 10,
  /** What a process may take of its core, and Redis' main thread of its own: the rest is for bursts. */
  share: 0.5,
  /** For how long clients of a machine that is gone are spread over the others (`limits` of the client's back-off). */
  comeback: 30,
};

const MICROS = 1e6;
const MIB = 2 ** 20;
/** A process without clients, and what its heap may grow to: Node collects garbage at ever greater length beyond. */
const PROCESS_MIB = 140;
const PROCESS_MAX_MIB = 1500;
/** TCP and IP of a segment, and TLS of a record. */
const WIRE_BYTES = 40 + 29;
const MOST_PROCESSES = 100_000;

/** How many of so many processes have at least one of so many clients, who are anywhere. */
export function reached(processes, receivers) {
  return processes * (1 - (1 - 1 / processes) ** receivers);
}

/** Microseconds of CPU a second, of all processes together. */
export function processMicros(load, costs, processes) {
  const { clients, publications, receivers } = load;
  const arrivals = publications * reached(processes, receivers);
  return {
    connecting: (clients / load.session) * connectingMicros(load, costs),
    pings: (clients / load.ping) * costs.ping.cpuMicros,
    publishing: publications * (costs.publication.cpuMicros + load.kept * costs.kept.cpuMicros),
    arrivals: arrivals * (costs.arrival.cpuMicros + load.kept * costs.kept.arrivalMicros),
    deliveries: publications * receivers * costs.delivery.cpuMicros,
  };
}

/** Microseconds a second of the thread of Redis that runs commands, of all primaries together. */
export function redisMicros(load, costs, processes) {
  const subscribed = (load.clients / load.session) * load.subscriptions;
  const each =
    costs.publication.redisMicros +
    reached(processes, load.receivers) * costs.arrival.redisMicros +
    load.kept * costs.kept.redisMicros;
  return (
    load.publications * each + subscribed * (costs.topic.redisMicros + load.ledger * costs.record.redisMicros)
  );
}

/**
 * What a load takes: machines, processes and primaries of Redis, how much of each is used, and in `limits` what breaks
 * first, the nearest limit first.
 */
export function planOf(given, costs, machine = MACHINE) {
  const load = { ...LOAD, ...given };
  const bytesEach = costs.connection.bytes + load.subscriptions * costs.topic.bytes;
  const processes = fewestProcesses(load, costs, machine, bytesEach);
  const micros = processMicros(load, costs, processes);
  const redis = redisMicros(load, costs, processes);
  const machines = Math.ceil(processes / machine.workers);
  const primaries = Math.max(1, Math.ceil(redis / MICROS / machine.share));
  const frame = load.dataBytes + costs.delivery.overheadBytes;
  const arrivals = load.publications * reached(processes, load.receivers);
  const perMachine = load.clients / machines;
  const usage = {
    core: sum(micros) / MICROS / processes,
    redisCore: redis / MICROS / primaries,
    processMib: PROCESS_MIB + (load.clients * bytesEach) / processes / MIB,
    outGbit: (load.publications * load.receivers * (frame + WIRE_BYTES) * 8) / machines / 1e9,
    redisGbit: (arrivals * (frame + WIRE_BYTES) * 8) / primaries / 1e9,
    callbacks: (load.clients / load.session) * load.callbacks,
    comebackCallbacks: (perMachine / machine.comeback) * load.callbacks,
    comebackCore: comebackShare(load, costs, machine, { machines, processes, micros }),
  };
  const limits = [
    ['a core of the gateway', usage.core, machine.share],
    ['a core of the gateway when a machine is lost', usage.comebackCore, 1],
    ['memory of a process', usage.processMib, PROCESS_MAX_MIB],
    [
      'memory of a machine',
      (usage.processMib * Math.min(processes, machine.workers)) / 1024,
      machine.memoryGib,
    ],
    ['the network of a machine', usage.outGbit, machine.networkGbit],
    ['the core of Redis', usage.redisCore, machine.share],
    ['the network of Redis', usage.redisGbit, machine.networkGbit],
  ].map(([what, used, most]) => ({ what, used, most, share: used / most }));
  return {
    load,
    processes,
    machines,
    primaries,
    micros,
    redis,
    usage,
    limits: limits.toSorted((a, b) => b.share - a.share),
  };
}

function connectingMicros(load, costs) {
  const { subscriptions, callbacks } = load;
  return (
    costs.connection.cpuMicros +
    subscriptions * (costs.topic.cpuMicros + load.ledger * costs.record.cpuMicros) +
    callbacks * costs.callback.cpuMicros
  );
}

/** As many as it takes that none is over its share of a core, nor over its memory: more of them have more arrivals. */
function fewestProcesses(load, costs, machine, bytesEach) {
  const byMemory = Math.ceil((load.clients * bytesEach) / ((PROCESS_MAX_MIB - PROCESS_MIB) * MIB));
  for (let processes = Math.max(1, byMemory); processes <= MOST_PROCESSES; processes++) {
    const micros = processMicros(load, costs, processes);
    if (sum(micros) / processes <= machine.share * MICROS) return processes;
  }
  throw new RangeError('No number of processes is enough: each has nearly every publication.');
}

/** What a process takes of its core while the clients of one machine come to the others. */
function comebackShare(load, costs, machine, { machines, processes, micros }) {
  if (machines === 1) return 0;
  const left = processes - machine.workers;
  const connecting = (load.clients / machines / machine.comeback) * connectingMicros(load, costs);
  return (sum(micros) + connecting) / MICROS / Math.max(1, left);
}

function sum(parts) {
  return Object.values(parts).reduce((total, part) => total + part, 0);
}
