import { stoppedAfterAll } from './support/cleanup.js';
import { TestGateway } from './support/gateway.js';
import { HOLDING_BACK, Nginx, NO_STREAMS } from './support/nginx.js';
import { StreamClient } from './support/stream-client.js';

describe('over plain HTTP, behind nginx', () => {
  const stopped = stoppedAfterAll();
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = stopped(await TestGateway.start({ services: { books: { requireAuthentication: false } } }));
  });

  it('a stream is not held back, as its headers say', async () => {
    const nginx = stopped(await Nginx.start(gateway.port, HOLDING_BACK));
    const client = await StreamClient.connect(`${nginx.httpUrl}/ws/stream`);
    expect(await client.ask({ event: 'subscribe', subscription: 'books.1' })).toHaveProperty('status', 'ok');
    for (let n = 0; n < 10; n++) {
      await gateway.publish({ subscription: 'books.1', data: n });
      expect((await client.next()).data).toBe(n);
    }
    client.drop();
  });

  it('a client can poll where streams are held back all the same', async () => {
    const nginx = stopped(await Nginx.start(gateway.port, [...HOLDING_BACK, ...NO_STREAMS]));
    const url = `${nginx.httpUrl}/ws/stream`;
    const held = StreamClient.connect(url).then(
      () => 'live',
      () => 'cut',
    );
    const opened = await (await fetch(`${url}?wait=25`, { method: 'POST' })).text();
    const session = /event: session\ndata: (.*)\n/.exec(opened)![1]!;
    const body = JSON.stringify({ event: 'subscribe', subscription: 'books.1' });
    expect((await fetch(`${url}/${session}?n=0`, { method: 'POST', body })).status).toBe(204);
    const answered = await (await fetch(`${url}/${session}?wait=25&ack=1`, { method: 'POST' })).text();
    expect(answered).toMatch(/^data: .*"status":"ok".*\n\nid: 2\n\n$/);
    const polled = fetch(`${url}/${session}?wait=25&ack=2`, { method: 'POST' });
    await gateway.publish({ subscription: 'books.1', data: 'new' });
    expect(await (await polled).text()).toContain('"data":"new"');
    expect((await fetch(`${url}/${session}`, { method: 'DELETE' })).status).toBe(204);
    await nginx.stop();
    expect(await held).toBe('cut');
  });
});
