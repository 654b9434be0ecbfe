import { Inject, Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { BROKER, type Broker } from '../broker/broker.js';
import type { BrokerHistory, HistoryPage, HistoryStart } from '../broker/history.js';
import { HistorySettings } from '../config/sections/history.settings.js';
import type { UnsequencedPolicy } from '../config/sections/service/service-history.settings.js';
import type { HistoryMetrics } from '../metrics/history.metrics.js';
import { Metrics } from '../metrics/metrics.js';
import { ChannelLog, type ChannelLogOutlet, type HistoryRules, type LogKeeper } from './channel-log.js';
import { RingBudget } from './ring-budget.js';

/** Channels whose tops are asked for at once. */
const CHANNELS_PER_CHECK = 1000;

/** The histories of the channels that this node uses; checks now and then that nothing of them was missed. */
@Injectable()
export class Histories implements LogKeeper, OnApplicationShutdown {
  readonly history: BrokerHistory;
  readonly budget: RingBudget;
  readonly metrics: HistoryMetrics;
  private readonly logger = new Logger('Broker');
  private readonly warned = new Set<string>();
  private readonly logs = new Map<string, ChannelLog>();
  private checking: NodeJS.Timeout | undefined;

  constructor(
    @Inject(BROKER) broker: Broker,
    private readonly settings: HistorySettings,
    metrics: Metrics,
  ) {
    this.history = broker.history;
    this.budget = new RingBudget(settings.cacheBytes);
    this.metrics = metrics.history;
  }

  /** Whether any channel that is in use has a history. */
  get isUsed(): boolean {
    return this.logs.size > 0;
  }

  /** The interval at which clients are told positions that nothing else has told them. */
  get checkPeriodMs(): number {
    return this.settings.checkPeriodMs;
  }

  /** Reads a part of the history of a channel for somebody who asks. @throws {BrokerError} when it cannot be reached. */
  read(channel: string, start: HistoryStart): Promise<HistoryPage> {
    this.metrics.read('request');
    return this.history.read(channel, start);
  }

  /** Follows a channel, once it is joined; see {@link ChannelLog.open}. */
  follow(channel: string, rules: HistoryRules, outlet: ChannelLogOutlet): ChannelLog {
    const log = new ChannelLog(channel, rules, this, outlet);
    this.logs.set(channel, log);
    this.checking ??= setInterval(() => void this.check(), this.checkPeriodMs).unref();
    return log;
  }

  forget(channel: string): void {
    this.logs.get(channel)?.close();
    this.logs.delete(channel);
  }

  /** See {@link LogKeeper.takesUnsequenced}. */
  takesUnsequenced(channel: string, policy: UnsequencedPolicy): boolean {
    this.metrics.cameUnsequenced(policy);
    const [service = channel] = channel.split('.', 1);
    if (!this.warned.has(service)) {
      this.warned.add(service);
      const what = policy === 'live' ? 'clients that come back do not get what is' : 'it drops what is';
      this.logger.warn(
        `"${service}" has a history: ${what} published past the gateway, on ${JSON.stringify(channel)}`,
      );
    }
    return policy === 'live';
  }

  onApplicationShutdown(): void {
    clearInterval(this.checking);
  }

  private async check(): Promise<void> {
    const channels = [...this.logs.keys()];
    const isBrief = (channel: string): boolean => this.logs.get(channel)?.isBrief === true;
    await this.compare(
      channels.filter((channel) => !isBrief(channel)),
      true,
    );
    await this.compare(channels.filter(isBrief), false);
  }

  private async compare(channels: readonly string[], areInUse: boolean): Promise<void> {
    for (let at = 0; at < channels.length; at += CHANNELS_PER_CHECK) {
      const some = channels.slice(at, at + CHANNELS_PER_CHECK);
      // Silent: the broker says itself that it is lost, and then all is read anyway.
      const tops = await this.history.tops(some, areInUse).catch(() => undefined);
      if (tops) for (const [index, channel] of some.entries()) this.logs.get(channel)?.check(tops[index]);
    }
  }
}
