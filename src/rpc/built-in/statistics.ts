import { Injectable } from '@nestjs/common';
import type { Signature } from '../../procedures/signature.js';

const MAX_SAMPLES = 25;

/** What became of one request. */
export interface AnsweredRequest {
  readonly status: number;
  readonly transport: 'tcp' | 'unix';
  /** The procedure that was called; absent when none was. */
  readonly procedure: Signature | undefined;
  readonly isStream: boolean;
  readonly sentBytes: number;
  /** Microseconds. */
  readonly elapsedUs: number;
}

export type StatisticType = 'count' | 'sample' | 'gauge';

/** One value; its name has its labels in it: `http,code="200"`. */
export interface Statistic {
  /** A count since the start, the latest values, or what something is now. */
  readonly type: StatisticType;
  readonly value: number | readonly number[];
}

export type Statistics = ReadonlyMap<string, Statistic>;

/** How requests over HTTP were answered, for callers of the procedure `metrics`: in all, and of each procedure. */
@Injectable()
export class RpcStatistics {
  /** Since when there is something to tell, seconds since the epoch. */
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

  /** @param isWhole whether the values of each procedure are wanted as well. */
  read(isWhole: boolean): Statistics {
    return isWhole ? new Map([...this.ofAll, ...this.ofEach]) : this.ofAll;
  }
}

/** As Kettlingar calls the methods behind the procedures. */
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
