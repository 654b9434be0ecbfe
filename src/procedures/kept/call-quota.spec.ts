import { jest } from '@jest/globals';
import { loadSettings } from '../../config/loading/load-settings.js';
import { Metrics } from '../../metrics/metrics.js';
import type { JsonMembers, JsonText } from '../../protocol/json/json.js';
import { CallQuota } from './call-quota.js';

const ANN: JsonMembers = new Map([['user_id', '"ann"' as JsonText]]);
const BEN: JsonMembers = new Map([['user_id', '"ben"' as JsonText]]);

function quotaOf(kept: object): CallQuota {
  const settings = loadSettings({ procedures: { kept } });
  return new CallQuota(settings.procedures!, new Metrics(settings.metrics));
}

describe('the limit of what is kept', () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());

  it('is one for all callers, those without an identity too, until it is kept no longer', () => {
    const quota = quotaOf({ totalBytes: '1KiB' });
    const place = quota.take(undefined);
    place.spend(1_000);
    quota.take(ANN).spend(24);
    for (const identity of [undefined, ANN, BEN])
      expect(() => quota.take(identity)).toThrow('Too many calls');
    place.over('ended', 60_000);
    jest.advanceTimersByTime(59_000);
    expect(() => quota.take(BEN)).toThrow('Too many calls');
    jest.advanceTimersByTime(12_000);
    quota.take(BEN).release();
  });

  it('does not count what never ran', () => {
    const quota = quotaOf({ totalBytes: '1KiB', identityBytes: '1KiB' });
    const place = quota.take(ANN);
    place.spend(2_000);
    expect(() => quota.take(ANN)).toThrow('Too many calls');
    place.release();
    quota.take(ANN).release();
  });

  it('is one for each identity', () => {
    const quota = quotaOf({ identityBytes: '1KiB' });
    quota.take(ANN).spend(1_024);
    expect(() => quota.take(ANN)).toThrow('Too many calls');
    quota.take(BEN).spend(5_000);
    quota.take(undefined).spend(5_000);
    quota.take(undefined).release();
  });

  it('is none where it is 0', () => {
    const quota = quotaOf({ totalBytes: '0B', identityBytes: '0B' });
    quota.take(ANN).spend(2_000_000_000);
    expect(() => quota.take(ANN)).not.toThrow();
  });

  it('holds for calls that were admitted elsewhere only in so far as others have to wait', () => {
    const quota = quotaOf({ runningPerIdentity: 1 });
    quota.takeAnyway(ANN);
    quota.takeAnyway(ANN);
    expect(() => quota.take(ANN)).toThrow('Too many calls');
  });
});
