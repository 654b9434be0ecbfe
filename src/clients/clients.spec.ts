import type { Authenticated } from '../auth/authenticated.js';
import { loadSettings } from '../config/loading/load-settings.js';
import type { Connection } from '../connection/connection.js';
import { CLOSE_REASONS } from '../protocol/close-reason.js';
import type { JsonText } from '../protocol/json/json.js';
import { Clients } from './clients.js';
import type { IdentityLimits } from './limits/identity-limits.js';
import { RevocationList } from './revocation/revocation-list.js';

const proof = (user: string, tokenId?: string): Authenticated => ({
  identity: new Map([['user_id', JSON.stringify(user) as JsonText]]),
  tokenId,
});
const connection = {} as Connection;
const NO_LIMITS = { take: () => undefined } as unknown as IdentityLimits;

describe('the clients of a node', () => {
  it('are found by identity and by token, until they leave', () => {
    const clients = new Clients(loadSettings({}).auth, new RevocationList(), NO_LIMITS);
    const entered = ['a', 'b', 'a'].map((id) => clients.enter(connection, proof('ann', id)));
    const [first, second, third] = entered as [(typeof entered)[0], (typeof entered)[0], (typeof entered)[0]];
    expect(clients.ofIdentity('"ann"')).toEqual(entered);
    expect([clients.ofToken('a'), clients.ofToken('b')]).toEqual([[first, third], [second]]);
    for (const client of [first, second]) clients.leave(client);
    expect([clients.ofIdentity('"ann"'), clients.ofToken('b')]).toEqual([[third], []]);
    clients.leave(third);
    clients.leave(undefined);
    expect([clients.ofIdentity('"ann"'), clients.ofToken('a')]).toEqual([[], []]);
  });

  it('are closed when they come with what was revoked since it was looked at', () => {
    const revoked = new RevocationList();
    revoked.add({ tokenId: 'a', untilMs: Date.now() + 60_000 });
    const closed: unknown[] = [];
    const closing = { close: (reason: unknown) => closed.push(reason) } as unknown as Connection;
    const clients = new Clients(loadSettings({}).auth, revoked, NO_LIMITS);
    for (const id of ['b', 'a']) clients.enter(closing, proof('ann', id));
    expect(closed).toEqual([CLOSE_REASONS.revoked]);
  });

  it('have no identity that is not in their proof', () => {
    const clients = new Clients(
      loadSettings({ auth: { identityField: 'tenant' } }).auth,
      new RevocationList(),
      NO_LIMITS,
    );
    expect(clients.enter(connection, proof('ann')).identity).toBeUndefined();
  });
});
