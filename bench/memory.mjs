import { setTimeout as wait } from 'node:timers/promises';
import { residentBytes } from './process-usage.mjs';
import { Session } from './session.mjs';
import { median } from './statistics.mjs';

/** After connecting, until the memory is read, and how often it is then read. */
const SETTLE_MS = 700;
const READINGS = 3;
const BETWEEN_READINGS_MS = 100;

/**
 * What one more idle connection costs: the growth of resident memory from the smaller to the larger number of
 * connections, by their difference. The first ones are the warm-up. Every sample gets a fresh process.
 */
export async function measureMemory(targets, plan, log) {
  const samples = [];
  for (let round = 0; round < plan.memoryRounds; round++) {
    log(`${plan.idle.from} to ${plan.idle.to} idle connections, round ${round + 1} of ${plan.memoryRounds}`);
    for (const target of targets)
      samples.push({ target: target.name, round, ...(await measureOne(target, plan)) });
  }
  return samples;
}

async function measureOne(target, { idle, cores }) {
  const session = await Session.open(target, cores);
  try {
    const atStart = await settledBytes(session);
    await session.connectIdle(idle.from);
    const before = await settledBytes(session);
    await session.connectIdle(idle.to);
    const after = await settledBytes(session);
    return { atStart, before, after, bytesPerConnection: (after - before) / (idle.to - idle.from) };
  } finally {
    await session.close();
  }
}

async function settledBytes(session) {
  await wait(SETTLE_MS);
  const readings = [];
  for (let i = 0; i < READINGS; i++) {
    await wait(BETWEEN_READINGS_MS);
    readings.push(residentBytes(session.server.pid));
  }
  return median(readings);
}
