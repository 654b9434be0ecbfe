/** Stops after each test, the latest first, what is handed over: it must not outlive a test that fails. */
export function stoppedAfterEach(): <T extends { stop(): unknown }>(one: T) => T {
  const started: { stop(): unknown }[] = [];
  afterEach(async () => {
    for (const one of started.splice(0).toReversed()) await one.stop();
  });
  return (one) => {
    started.push(one);
    return one;
  };
}
