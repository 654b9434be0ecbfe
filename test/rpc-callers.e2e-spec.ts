import { Injectable } from '@nestjs/common';
import { setTimeout as delay } from 'node:timers/promises';
import {
  CallbackRequest,
  type KittiwakeOptions,
  OnCallerConnect,
  OnCallerDisconnect,
  Procedure,
} from '../src/index.js';
import { TestClient } from './support/client.js';
import { handshake } from './support/handshake.js';
import { createApp, KeptLog, moduleOf, OPTIONS, TestApp } from './support/nest-app.js';
import { callOf, rpcToken, SECRET, V1 } from './support/rpc.js';
import { eventually } from './support/wait.js';

const RPC: KittiwakeOptions = {
  ...OPTIONS,
  procedures: {},
  auth: { jwt: { algorithms: ['HS256'], secret: SECRET, fields: { user_id: 'user_id' } } },
};

@Injectable()
class Callers {
  live = 0;
  readonly told: string[] = [];
  hookMs = 0;
  isFailing = false;
  aborted = 0;

  @OnCallerConnect()
  async connected(request: CallbackRequest): Promise<void> {
    await delay(this.hookMs);
    this.live++;
    this.told.push(`+${request.text('user_id')}`);
    if (this.isFailing) throw new Error('the hook failed');
  }

  @OnCallerDisconnect()
  async disconnected(request: CallbackRequest): Promise<void> {
    await delay(this.hookMs);
    this.live--;
    this.told.push(`-${request.text('user_id')}`);
  }

  @Procedure()
  live_connections(): number {
    return this.live;
  }

  @Procedure()
  async *forever(): AsyncGenerator<number> {
    try {
      for (let i = 0; ; i++) {
        yield i;
        await delay(5);
      }
    } finally {
      this.aborted++;
    }
  }
}

let app: TestApp;
let callers: Callers;
const clients: TestClient[] = [];

beforeEach(async () => {
  const nest = await createApp(moduleOf({ providers: [Callers] }, RPC), new KeptLog());
  app = await TestApp.listen(nest);
  callers = nest.get(Callers);
});

afterEach(async () => {
  for (const client of clients.splice(0)) client.drop();
  await app.stop();
});

async function connect(userId: unknown, ...protocols: string[]): Promise<TestClient> {
  const url = `ws://127.0.0.1:${app.port}/rpc/token/${rpcToken({ user_id: userId })}`;
  const client = await TestClient.connect(url, protocols);
  clients.push(client);
  return client;
}

describe('the app', () => {
  it('is told once of every client that is let in, and once of its end', async () => {
    const [one, other] = [await connect(1), await connect('b')];
    await eventually(() => callers.live === 2); // the handshake of the second is answered before the app is told
    expect(await one.ask(callOf('live_connections', []))).toMatchObject({ result: 2 });
    await other.close();
    await eventually(() => callers.live === 1);
    expect(await one.ask(callOf('live_connections', []))).toMatchObject({ result: 1 });
    one.drop();
    await eventually(() => callers.live === 0);
    expect(callers.told).toEqual(['+1', '+"b"', '-"b"', '-1']);
  });

  it('is not told of those who are refused', async () => {
    await handshake(`ws://127.0.0.1:${app.port}/rpc/token/x`);
    await handshake(`ws://127.0.0.1:${app.port}/rpc/token/${rpcToken()}`, { Origin: 'http://evil.example' });
    await connect(2);
    await eventually(() => callers.told.length > 0);
    expect(callers.told).toEqual(['+2']);
  });

  it('has been told before a call is handled', async () => {
    callers.hookMs = 50;
    const client = await connect(1);
    expect(await client.ask(callOf('live_connections', []))).toMatchObject({ result: 1 });
  });

  it('is told in order of a client that does not stay', async () => {
    callers.hookMs = 30;
    (await connect(1)).drop();
    await eventually(() => callers.told.length === 2);
    expect(callers.told).toEqual(['+1', '-1']);
  });

  it('changes nothing for the client when it fails', async () => {
    callers.isFailing = true;
    const client = await connect(1);
    expect(await client.ask(callOf('live_connections', []))).toMatchObject({ result: 1 });
  });
});

describe('a shutdown', () => {
  it('ends calls, closes clients and waits until the app has been told', async () => {
    const client = await connect(1, V1);
    client.send(callOf('forever', []));
    await client.next();
    callers.hookMs = 50;
    await app.stop();
    expect(callers.told).toEqual(['+1', '-1']);
    expect(callers.aborted).toBe(1);
    expect(await client.untilClosed()).toEqual({ code: 1012, reason: 'Please reconnect.' });
  });
});
