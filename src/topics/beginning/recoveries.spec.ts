import type { RevocationCopy } from '../../clients/revocation/revocation-copy.js';
import type { Hub } from '../../delivery/hub.js';
import type { Metrics } from '../../metrics/metrics.js';
import { CallbackError } from '../../protocol/errors.js';
import type { Gaps } from './gaps.js';
import { Recoveries } from './recoveries.js';
import type { TopicSubscription } from '../session/topic-subscription.js';

describe('what a client has missed', () => {
  it('is not looked for as long as nobody can say whether the client may come back', async () => {
    const hub = {
      join: async () => undefined,
      recover: () => Promise.reject(new Error('it was looked for')),
    } as unknown as Hub;
    const outcomes: string[] = [];
    const history = { recovered: (outcome: string) => outcomes.push(outcome) };
    const copy = {
      completed: () => Promise.reject(new CallbackError('unknown')),
    } as unknown as RevocationCopy;
    const recoveries = new Recoveries(hub, { history } as unknown as Metrics, {} as Gaps, copy);
    await expect(recoveries.join({} as TopicSubscription, 'e.1')).rejects.toThrow(CallbackError);
    expect(outcomes).toEqual(['unavailable']);
  });
});
