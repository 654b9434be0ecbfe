import { TestClient } from './support/client.js';
import { API_KEY, TestGateway } from './support/gateway.js';

describe('a started gateway', () => {
  let gateway: TestGateway;

  beforeAll(async () => {
    gateway = await TestGateway.start({ services: { books: { requireAuthentication: false } } });
  });

  afterAll(() => gateway.stop());

  it('delivers a publication from HTTP to a subscriber', async () => {
    const client = await TestClient.connect(gateway.url);
    expect(await client.ask({ event: 'subscribe', subscription: 'books.1' })).toEqual({
      event: 'subscribe',
      subscription: 'books.1',
      status: 'ok',
    });

    const response = await gateway.publish('{"subscription":"books.1","data":{"id":12345678901234567890}}');

    expect([response.status, await response.json()]).toEqual([200, { status: 'ok' }]);
    expect(await client.text()).toContain('"data":{"id":12345678901234567890},');
    await client.close();
  });

  it('asks publishers for an API key', async () => {
    const publication = { subscription: 'books.1', data: 1 };
    for (const Authorization of ['', 'Bearer wrong', `Basic ${API_KEY}`]) {
      expect((await gateway.publish(publication, { Authorization })).status).toBe(401);
    }
  });
});
