/** Until this much of the server's time is taken, and about how much of it a measured run takes. */
const WARM_UP_SECONDS = 0.35;
const RUN_SECONDS = 0.5;

/** Longer than this no run is, whatever it costs. */
const MOST = 100_000;

/**
 * Calls `run(amount)` with amounts that double until one takes long enough. Returns the amount that makes a run of the
 * wanted length. It is the server's time that counts: on a busy machine a short run would leave the code cold.
 */
export async function warmUp(least, run) {
  for (let amount = least; ; amount *= 2) {
    const { seconds, serverCpuSeconds: busy = seconds } = await run(amount);
    if (busy < WARM_UP_SECONDS && amount < MOST / 2) continue;
    return Math.min(MOST, Math.max(least, Math.round((amount * RUN_SECONDS) / busy)));
  }
}
