import type { Worker } from 'node:cluster';

/** The arguments with which the cluster module sends a worker a message, and a connection's handle with it. */
type HandedOver = [
  message: { readonly key?: unknown },
  handle: { close(): void } | undefined,
  ...rest: unknown[],
];

/**
 * The connections that were handed to a worker process, and that it has not acknowledged. Node's cluster module forgets
 * those of a killed worker without closing them: their clients would wait for an answer for ever.
 */
export class UntakenConnections {
  /** The last one of each listening address: the next is handed over only after that one was taken. */
  private readonly last = new Map<unknown, { close(): void }>();

  constructor({ process }: Worker) {
    const send = process.send.bind(process) as (...args: HandedOver) => boolean;
    const handOver = (...args: HandedOver): boolean => {
      const [message, handle] = args;
      if (handle) this.last.set(message.key, handle);
      return send(...args);
    };
    process.send = handOver as typeof process.send;
  }

  /** Closes them, after the worker was killed. Those that it had taken are closed here already. */
  close(): void {
    for (const handle of this.last.values()) handle.close();
  }
}
