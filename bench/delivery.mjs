import { Session } from './session.mjs';

/** About as many deliveries make a burst, but never too few nor too many publications. */
const DELIVERIES = 80_000;
const PUBLICATIONS = { least: 24, most: 3000 };

/** Publications before anything is measured, so that the compilers of V8 are done with the path of one. */
const WARM_UP = 10_000;

/** The load generator is the bottleneck when it uses more of its core than this. */
const SATURATED = 0.9;

/**
 * Takes a sample of every target in turn, round by round, for each number of subscribers and of publications under
 * way. The servers run all the time and keep their subscribers; the first burst of each kind is warm-up.
 */
export async function measureDelivery(targets, plan, log) {
  const samples = [];
  const sessions = [];
  try {
    for (const target of targets) sessions.push(await Session.open(target, plan.cores));
    if (plan.warmUp) await warmUp(sessions, plan);
    for (const subscribers of plan.subscribers) {
      for (const session of sessions) await session.connectSubscribers(subscribers);
      for (const underWay of plan.underWay) {
        log(`subscribers: ${subscribers}, publications under way: ${underWay}`);
        samples.push(...(await measureOne(sessions, subscribers, underWay, plan)));
      }
    }
    await Promise.all(sessions.map((session) => session.quiet()));
  } finally {
    await Promise.all(sessions.map((session) => session.close()));
  }
  return samples;
}

async function warmUp(sessions, { dataBytes }) {
  for (const session of sessions) {
    await session.connectSubscribers(1);
    await session.publish({ publications: WARM_UP, underWay: 8, dataBytes });
  }
}

async function measureOne(sessions, subscribers, underWay, plan) {
  const publications = plan.publications ?? publicationsFor(subscribers);
  const order = { publications, underWay, dataBytes: plan.dataBytes };
  const samples = [];
  if (plan.warmUp) for (const session of sessions) await session.publish(order);
  for (let round = 0; round < plan.rounds; round++) {
    for (const session of sessions) {
      const counted = await session.publish(order);
      const expected = publications * subscribers;
      if (counted.deliveries !== expected) {
        throw new Error(`${session.target.label}: ${counted.deliveries} deliveries instead of ${expected}`);
      }
      samples.push({
        target: session.target.name,
        subscribers,
        underWay,
        round,
        ...counted,
        ...figures(counted),
      });
    }
  }
  return samples;
}

function publicationsFor(subscribers) {
  const { least, most } = PUBLICATIONS;
  return Math.max(least, Math.min(most, Math.ceil(DELIVERIES / subscribers)));
}

function figures({ deliveries, serverCpuSeconds, loadCpuSeconds, seconds }) {
  return {
    deliveriesPerCpuSecond: serverCpuSeconds === undefined ? undefined : deliveries / serverCpuSeconds,
    deliveriesPerSecond: deliveries / seconds,
    isLoadSaturated: loadCpuSeconds / seconds > SATURATED,
  };
}
