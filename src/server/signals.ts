/**
 * What signals mean to a process that has not started yet. As process 1 of a container it would not even notice them: the
 * kernel drops those that have no listener there.
 */
const DEFAULTS: readonly (readonly [NodeJS.Signals, () => void])[] = [
  ['SIGTERM', () => process.exit(0)],
  ['SIGINT', () => process.exit(0)],
  ['SIGHUP', () => undefined],
  ...(process.platform === 'win32' ? [] : [['SIGUSR2', () => undefined] as const]),
];

/** Ends this process when it is told to stop, until {@link handOverSignals}. Called before anything else is loaded. */
export function heedSignals(): void {
  for (const [signal, listener] of DEFAULTS) process.on(signal, listener);
}

/** Somebody stops in good order from here on, who listens already. */
export function handOverSignals(): void {
  for (const [signal, listener] of DEFAULTS)
    if (process.listenerCount(signal) > 1) process.off(signal, listener);
}
