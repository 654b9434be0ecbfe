import type { KittiwakeOptions } from '../../src/config/options.js';
import { TestClient } from './client.js';
import { API_KEY, TestGateway } from './gateway.js';
import { answer, HttpApp } from './http-app.js';
import { signToken } from './tokens.js';

const KEY = 'the-key-of-tokens-that-nobody-guesses';
export const V1 = 'kittiwake.v1.json';
export const ALL_ROOMS = [{ room: '*' }, { room: '*', floor: '*' }];

/** A token of somebody. */
export function tokenOf(user: string | number, claims: object = {}): string {
  return signToken({ algorithm: 'HS256', key: KEY, claims: { sub: user, ...claims } });
}

/** Gateways that speak every protocol of clients, and the app behind their rooms. */
export class ControlStage {
  readonly gateways: TestGateway[] = [];
  private app!: HttpApp;

  /** @param relay between the gateways, as between worker processes. */
  constructor(private readonly relay?: string) {}

  async start(count: number, options: KittiwakeOptions = {}): Promise<void> {
    this.app = await HttpApp.start((response, { path }) => {
      if (path?.startsWith('/api/bootstrap/')) answer(response, JSON.stringify({ allowed_rooms: ALL_ROOMS }));
      else response.writeHead(204).end();
    });
    for (let i = 0; i < count; i++) await this.add(options);
  }

  async add(options: KittiwakeOptions = {}): Promise<TestGateway> {
    const gateway = await TestGateway.start(
      {
        services: { books: {}, open: { requireAuthentication: false } },
        rooms: { path: '/rooms', api: { url: `${this.app.origin}/api/` } },
        procedures: {},
        auth: { jwt: { algorithms: ['HS256'], secret: KEY } },
        ...options,
      },
      this.relay,
    );
    this.gateways.push(gateway);
    return gateway;
  }

  async stop(): Promise<void> {
    await Promise.all(this.gateways.splice(0).map((gateway) => gateway.stop()));
    await this.app.stop();
  }

  /** A client that has authenticated, and subscribed to topics of books. */
  async client(
    gateway: TestGateway,
    token: string,
    topics: string[] = [],
    protocols = [V1],
  ): Promise<TestClient> {
    const client = await TestClient.connect(gateway.url, protocols);
    const auth = await client.ask({ event: 'auth', method: 'jwt', token });
    if (auth.status !== 'ok') throw new Error(JSON.stringify(auth));
    for (const subscription of topics) await client.ask({ event: 'subscribe', subscription });
    return client;
  }

  async member(gateway: TestGateway, rooms: object[], protocols = [V1]): Promise<TestClient> {
    const client = await TestClient.connect(`ws://127.0.0.1:${gateway.port}/rooms`, protocols);
    await client.next();
    for (const [requestId, room] of rooms.entries()) await client.ask({ type: 'subscribe', room, requestId });
    return client;
  }

  caller(gateway: TestGateway, token: string): Promise<TestClient> {
    return TestClient.connect(`ws://127.0.0.1:${gateway.port}/rpc/token/${token}`, [V1]);
  }
}

/** What a gateway answers a service. */
export async function post(
  { httpUrl }: TestGateway,
  path: string,
  body: unknown,
  key = API_KEY,
): Promise<[status: number, body: Record<string, unknown>]> {
  const response = await fetch(httpUrl + path, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${key}` },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  return [response.status, (await response.json()) as Record<string, unknown>];
}
