import { Injectable } from '@nestjs/common';
import type { Signature } from '../../procedures/signature.js';

const MAX_SAMPLES = 25;

/** The outcome of one request over HTTP. */
export interface AnsweredRequest {
  readonly status: number;
  readonly transport: 'tcp' | 'unix';
  /** Absent when the request called no procedure. */
  readonly procedure: Signature | undefined;
  readonly isStream: boolean;
  readonly sentBytes: number;
  /** Microseconds. */
  readonly elapsedUs: number;
}

export type StatisticType = 'count' | 'sample' | 'gauge';

/** One metric; its name includes its labels: `http,code="200"`. */
export interface Statistic {
  /** A count since the start, the latest samples, or a current value. */
  readonly type: StatisticType;
  readonly value: number | readonly number[];
}

export type Statistics = ReadonlyMap<string, Statistic>;

/** Statistics of requests over HTTP, in all and per procedure, for callers of the procedure `metrics`. */
@Injectable()
export class RpcStatistics {
  /** Start of the counts, seconds since the epoch. */
  readonly startedAt = Math.floor(Date.now() / 1_000);
  private readonly ofAll = new Map<string, Statistic>();
  private readonly ofEach = new Map<string, Statistic>();

  answered({ status, transport, procedure, isStream, sentBytes, elapsedUs }: AnsweredRequest): void {
    const { ofAll, ofEach } = this;
    const kind = isStream ? 'http_gen' : 'http';
    count(ofAll, `http,code="${status}"`, 1);
    count(ofEach, `http_${transport}`, 1);
    count(ofAll, `${kind}_sent_bytes`, sentBytes);
    sample(ofAll, `${kind}_elapsed_us`, elapsedUs);
    if (!procedure) return;
    const own = ownName(procedure);
    count(ofEach, `${own},code="${status}"`, 1);
    count(ofEach, `${own}_${transport}`, 1);
    count(ofEach, `${own}_sent_bytes`, sentBytes);
    sample(ofEach, `${own}_elapsed_us`, elapsedUs);
  }

  /** @param isWhole whether to include transports and the values per procedure. */
  read(isWhole: boolean): Statistics {
    return isWhole ? new Map([...this.ofAll, ...this.ofEach]) : this.ofAll;
  }
}

/** Kettlingar's names for the methods behind procedures. */
function ownName({ name, access }: Signature): string {
  return access === 'public' ? `public_api_${name}` : `api_${name}`;
}

function count(statistics: Map<string, Statistic>, name: string, by: number): void {
  const before = statistics.get(name)?.value;
  statistics.set(name, { type: 'count', value: (typeof before === 'number' ? before : 0) + by });
}

function sample(statistics: Map<string, Statistic>, name: string, value: number): void {
  const before = statistics.get(name)?.value;
  const latest = typeof before === 'object' ? before.slice(1 - MAX_SAMPLES) : [];
  statistics.set(name, { type: 'sample', value: [...latest, value] });
}
