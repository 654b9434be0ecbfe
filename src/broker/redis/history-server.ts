import type { RedisSettings } from '../../config/sections/broker/redis.settings.js';
import type { Publication } from '../../protocol/publication.js';
import type { BrokerError } from '../broker.error.js';
import { explainedError } from './link/faults.js';
import type { ScriptRunner } from './history/script-runner.js';
import type { HistoryServer, HistoryUse } from './history/server.js';
import type { RedisMessages } from './messages.js';
import { describeRedis } from './link/places.js';

/** The longest that a position adds to the text of a publication, with the member that it stands in. */
export const POSITION_BYTES = 80;

/** One Redis, as histories in it see it. */
export class RedisHistoryServer implements HistoryServer {
  readonly maxBytes: number;

  /** @param scripts those of the server at the moment. @throws {BrokerError} while there is none. */
  constructor(
    private readonly settings: RedisSettings,
    private readonly messages: RedisMessages,
    readonly epochBegan: () => void,
    readonly scripts: (use: HistoryUse) => ScriptRunner,
  ) {
    this.maxBytes = messages.maxBytes - POSITION_BYTES;
  }

  /** See {@link HistoryServer.read}. */
  read(channel: string, text: string): Publication | undefined {
    return this.messages.read(channel, text);
  }

  /** See {@link HistoryServer.refuse}. */
  refuse(stream: string, fault: string): void {
    this.messages.refuseEntry(stream, fault);
  }

  /** See {@link HistoryServer.explained}. */
  explained(use: HistoryUse, error: unknown): BrokerError {
    return explainedError(`cannot ${use}: ${describeRedis(this.settings)}`, error, this.settings, true);
  }
}
