import type { Publication } from '../../../protocol/publication.js';
import type { BrokerError } from '../../broker.error.js';
import type { ScriptRunner } from './script-runner.js';

/** The use of a history, as errors say it. */
export type HistoryUse = 'publish' | 'read the history' | 'say who is present';

/** The server that has some histories, as long as there is one. */
export interface HistoryServer {
  /** The most that a publication may have, so that nodes take it. */
  readonly maxBytes: number;
  /** @throws {BrokerError} while there is none. */
  scripts(use: HistoryUse): ScriptRunner;
  /** Reads what is kept; gives nothing, and says so, when it is no publication. */
  read(channel: string, text: string): Publication | undefined;
  /** Says that an entry of a stream cannot be published, and why. */
  refuse(stream: string, fault: string): void;
  /** The meaning of an error of Redis to whoever asked. */
  explained(use: HistoryUse, error: unknown): BrokerError;
  /** A script has begun an epoch: positions of before mean nothing any more. */
  epochBegan(): void;
}

/** Counts an epoch that a script has begun, as it says in its answer. */
export function heedEpoch(server: HistoryServer, began: unknown): void {
  if (began === 1) server.epochBegan();
}
