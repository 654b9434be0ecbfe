/**
 * The effects of signals on a process that is still starting. Process 1 of a container needs listeners: the kernel
 * drops signals without one.
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

/** Removes these listeners where another one, which stops the process in good order, is installed. */
export function handOverSignals(): void {
  for (const [signal, listener] of DEFAULTS)
    if (process.listenerCount(signal) > 1) process.off(signal, listener);
}
