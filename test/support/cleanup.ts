type Cleanup = <T extends { stop(): unknown }>(one: T) => T;

/** Stops after each test, the latest first, what is handed over: it must not outlive a test that fails. */
export function stoppedAfterEach(): Cleanup {
  return stoppedBy(afterEach);
}

/** The same after all tests of a file or a `describe`, for what they share. */
export function stoppedAfterAll(): Cleanup {
  return stoppedBy(afterAll);
}

function stoppedBy(after: (stop: () => Promise<void>) => void): Cleanup {
  const started: { stop(): unknown }[] = [];
  after(async () => {
    for (const one of started.splice(0).toReversed()) await one.stop();
  });
  return (one) => {
    started.push(one);
    return one;
  };
}
