import { Chance } from '../support/chance.js';

/** Of a run as part of all tests: the same each time, so that what it finds was changed just now. */
const USUAL_SEED = 20_261_128;

const seed = Number(process.env['KITTIWAKE_FUZZ_SEED'] ?? USUAL_SEED);
const seconds = Number(process.env['KITTIWAKE_FUZZ_SECONDS'] ?? 0);

/** For what a test does that counts its batches. */
const ENDING_MS = 120_000;

/** How long the test of a target may take. */
export const FUZZ_TIMEOUT_MS = seconds * 1_000 + ENDING_MS;

/**
 * Runs a batch of cases again and again: so many times, or for the seconds that the variables of a fuzz run say. Each
 * has a seed of its own, and with that it is the first of a run that is given it.
 * @throws with how to run the batch again that failed.
 */
export async function fuzz(
  target: string,
  batches: number,
  run: (chance: Chance) => Promise<void>,
): Promise<void> {
  const endMs = performance.now() + seconds * 1_000;
  for (let batch = 0; seconds > 0 ? performance.now() < endMs : batch < batches; batch++) {
    try {
      await run(new Chance(seed + batch));
    } catch (cause) {
      throw new Error(`again: npm run fuzz -- --only ${target} --seed ${seed + batch}`, { cause });
    }
  }
}
