import type { Outflow } from './outflow.js';

/** The part that takes the frames for a client. See {@link Outflow}. */
export type Outgoing = Pick<
  Outflow,
  'isBehind' | 'backlog' | 'send' | 'sendLater' | 'sendAhead' | 'flush' | 'flushFor' | 'stop'
>;
