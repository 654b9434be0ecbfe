import type { BrokerError } from '../../broker.error.js';
import type { ScriptRunner } from './script-runner.js';

/** What a history is used for, as errors say it. */
export type HistoryUse = 'publish' | 'read the history';

/** The server that has some histories, as long as there is one. */
export interface HistoryServer {
  /** @throws {BrokerError} while there is none. */
  scripts(use: HistoryUse): ScriptRunner;
  /** What an error of Redis means to whoever asked. */
  explained(use: HistoryUse, error: unknown): BrokerError;
  /** A script has begun an epoch: positions of before mean nothing any more. */
  epochBegan(): void;
}

/** Counts an epoch that a script has begun, as it says in its answer. */
export function heedEpoch(server: HistoryServer, began: unknown): void {
  if (began === 1) server.epochBegan();
}
