/** Without any progress for this long, at most twice as long, something is lost. */
const STALL_MS = 5000;

/** Ends this process with the reason when `progress()` stays the same for too long. Returns what stops the watch. */
export function watchForStall(progress, describe) {
  let seen;
  const timer = setInterval(() => {
    const now = progress();
    if (now === seen) throw new Error(`lost: ${describe()}`);
    seen = now;
  }, STALL_MS);
  return () => clearInterval(timer);
}
