import type { KittiwakeOptions } from '../../src/config/options.js';
import { KITTIWAKE_V1 } from '../../src/protocol/sub-protocol.js';
import { TestClient } from './client.js';
import { type PresenceFrame, PresenceWatch } from './presence-watch.js';
import { signToken } from './tokens.js';
import { eventually } from './wait.js';

const KEY = 'a-secret-of-thirty-two-characters';

/** How gateways of these tests authenticate. */
export const PRESENT_AUTH: NonNullable<KittiwakeOptions['auth']> = {
  jwt: { algorithms: ['HS256'], secret: KEY, fields: { user_id: 'sub', name: 'name' } },
};

type Told = PresenceFrame & { readonly presence?: PresenceFrame | false };

/** A real client that watches who is present. */
export class PresentClient extends PresenceWatch {
  private constructor(
    readonly client: TestClient,
    private readonly topic: string,
  ) {
    super();
    client.webSocket.on('message', (data: Buffer) => this.take(JSON.parse(data.toString()) as Told));
  }

  /** One who has authenticated, in the sub-protocol that has presence or another. */
  static async authenticated(
    url: string,
    user: string,
    protocols = [KITTIWAKE_V1] as string[],
  ): Promise<TestClient> {
    const client = await TestClient.connect(url, protocols);
    const token = signToken({
      algorithm: 'HS256',
      key: KEY,
      claims: { sub: user, name: `${user.slice(0, 1).toUpperCase()}.` },
    });
    expect(await client.ask({ event: 'auth', method: 'jwt', token })).toMatchObject({ status: 'ok' });
    return client;
  }

  /** One who sees who is present in a topic, and is so. */
  static async enter(
    url: string,
    topic: string,
    user: string,
    presence: unknown = true,
  ): Promise<PresentClient> {
    const client = await PresentClient.authenticated(url, user);
    const present = new PresentClient(client, topic);
    client.send({ event: 'subscribe', subscription: topic, presence });
    await eventually(() => present.told.length > 0, { what: `${user} in ${topic}` });
    return present;
  }

  private take(frame: Told): void {
    if (frame.subscription !== this.topic) return;
    if (frame.event === 'subscribe') this.apply(frame.presence || {});
    else if (frame.event === 'presence') this.apply(frame);
  }
}
