/** Between two looks at the sockets. */
const NAP_MS = 0.2;

const never = new Int32Array(new SharedArrayBuffer(4));

/**
 * Calls `turn` once in every turn of the event loop until it returns false, and lets the process sleep in between.
 * So everything that has come meanwhile is taken at once, and the server is not charged for waking us at each write.
 */
export function everyTurn(turn) {
  const next = () => {
    if (!turn()) return;
    Atomics.wait(never, 0, 0, NAP_MS);
    setImmediate(next);
  };
  setImmediate(next);
}
