import { Logger } from '@nestjs/common';
import type { ClientOptions } from 'ws';
import type { KittiwakeOptions } from '../../src/config/options.js';
import { Kittiwake } from '../../src/kittiwake.js';
import { TestClient } from './client.js';
import { TestGateway } from './gateway.js';
import { answer, type AppHandler, type AppRequest, HttpApp } from './http-app.js';
import { KeptLog } from './nest-app.js';
import { eventually } from './wait.js';

/** The sub-protocol of clients that want more than High-Templar's frames. */
export const V1 = 'kittiwake.v1.json';

export const SUCCESS = { code: 'success' };
export const BOOTSTRAP = '/api/bootstrap/';
const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/;

export function refusal(message: string): object {
  return { code: 'error', message };
}

/** The answer to a message that could not be read. */
export function unreadable(message: string): object {
  return { ...refusal(message), requestId: expect.stringMatching(UUID) };
}

/** What a subscription with this request id gets. */
export function publication(data: unknown, requestId: unknown): object {
  return { type: 'publish', data, requestId };
}

export function subscribe(room: unknown, requestId: unknown): object {
  return { type: 'subscribe', room, requestId };
}

/**
 * All that came before the answer to a ping sent now: the gateway handles messages, and answers, in order. Where pings
 * overtake, it is a message of a type that does not exist.
 */
export async function settled(client: TestClient): Promise<Record<string, unknown>[]> {
  const isOrdered = client.webSocket.protocol === '';
  client.send(isOrdered ? 'ping' : { type: 'settled' });
  const before: Record<string, unknown>[] = [];
  for (;;) {
    const text = await client.text();
    if (isOrdered ? text === 'pong' : text.includes('message-type-not-allowed')) return before;
    before.push(JSON.parse(text) as Record<string, unknown>);
  }
}

/** A gateway with rooms at `/ws/`, and the app that says who may join what. */
export class RoomsStage {
  app!: HttpApp;
  gateway!: TestGateway;
  /** Rooms that anyone may join, unless {@link bootstrap} says otherwise. */
  allowed: unknown = [];
  /** Answers which rooms are allowed. */
  bootstrap!: AppHandler;
  /** Answers all else. */
  hook!: AppHandler;

  /** Before each test. */
  async start(options: KittiwakeOptions = {}): Promise<void> {
    this.allowed = [];
    this.bootstrap = (response) => answer(response, JSON.stringify({ allowed_rooms: this.allowed }));
    this.hook = (response) => response.writeHead(204).end();
    this.app = await HttpApp.start((response, request) => {
      const handler = request.path?.startsWith(BOOTSTRAP) ? this.bootstrap : this.hook;
      handler(response, request);
    });
    this.gateway = await TestGateway.start(optionsOf(`${this.app.origin}/api/`, options));
  }

  /** After each test. */
  async stop(): Promise<void> {
    await this.gateway.stop();
    await this.app.stop();
  }

  /** A client whose first frame has not been read. */
  open(protocols: string[] = [], options: ClientOptions = {}, query = ''): Promise<TestClient> {
    return TestClient.connect(`ws://127.0.0.1:${this.gateway.port}/ws/${query}`, protocols, options);
  }

  /** A client that was let in. */
  async connect(...protocols: string[]): Promise<TestClient> {
    return letIn(await this.open(protocols));
  }

  /** A client that was let in and is in rooms, by request id. */
  async member(rooms: Readonly<Record<string, object>>, ...protocols: string[]): Promise<TestClient> {
    return joined(await this.connect(...protocols), rooms);
  }

  trigger(body: unknown, path = '/trigger', headers: Record<string, string> = {}): Promise<Response> {
    return this.gateway.push(path, body, headers);
  }

  /** Triggers over HTTP; when it resolves, every subscription of this node has been sent its frame. */
  async reached(rooms: readonly unknown[], data: unknown, members: object = {}): Promise<unknown> {
    const response = await this.trigger({ rooms, data, ...members });
    const answer = (await response.json()) as { status: string; reached: number };
    expect(answer).toEqual({ status: 'ok', reached: expect.any(Number) });
    return answer.reached;
  }

  /** What is warned from now on, but not of another app: an earlier gateway's last digest may come meanwhile. */
  warnings(): string[] {
    const { origin } = this.app;
    const kept: string[] = [];
    const warn = (message: unknown) => {
      const text = String(message);
      if ((/http:\/\/[\d.:]+/.exec(text)?.[0] ?? origin) === origin) kept.push(text);
    };
    Logger.overrideLogger(Object.assign(new KeptLog(), { warn }));
    return kept;
  }

  get kittiwake(): Kittiwake {
    return this.gateway.app.get(Kittiwake, { strict: false });
  }

  /** The requests on a path, once there are at least so many. */
  requests(path: string, count = 1): Promise<AppRequest[]> {
    return eventually(
      () => {
        const found = this.app.requests.filter((request) => request.path === path);
        return found.length >= count && found;
      },
      { what: `${count} request(s) on ${path}` },
    );
  }
}

/** Options of a gateway with rooms at `/ws/`, whose app is at a URL; the others are added. */
export function optionsOf(api: string, { rooms, ...others }: KittiwakeOptions = {}): KittiwakeOptions {
  return {
    topics: { path: '/topics' },
    shutdown: { timeout: '1s' },
    ...others,
    rooms: { path: '/ws/', ...rooms, api: { url: api, ...rooms?.api } },
  };
}

/** Takes the first frame, which must let the client in. */
export async function letIn(client: TestClient): Promise<TestClient> {
  expect(await client.next()).toMatchObject({ is_authorized: true });
  return client;
}

export async function joined(
  client: TestClient,
  rooms: Readonly<Record<string, object>>,
): Promise<TestClient> {
  for (const [requestId, room] of Object.entries(rooms)) {
    expect(await client.ask(subscribe(room, requestId))).toMatchObject(SUCCESS);
  }
  return client;
}

/** @param options of the gateway; a new one, and a new app, for each test. */
export function roomsOfTest(options: KittiwakeOptions = {}): RoomsStage {
  const stage = new RoomsStage();
  beforeEach(() => stage.start(options));
  afterEach(() => stage.stop());
  return stage;
}

/** One gateway and app for many small tests. */
export function sharedRooms(options: KittiwakeOptions = {}): RoomsStage {
  const stage = new RoomsStage();
  beforeAll(() => stage.start(options));
  afterAll(() => stage.stop());
  return stage;
}
