import { loadSettings } from '../../config/loading/load-settings.js';
import { EndpointsGatewayClient } from '../gateway/endpoints.gateway-client.js';
import { readInterface } from './told.js';

describe('what a gateway says of its interface', () => {
  it('comes from the configuration where there are no procedures', async () => {
    const settings = loadSettings({
      services: { books: { extraFields: ['author'], presence: { info: ['name'] } }, plain: {} },
      rooms: {},
    });
    const client = new EndpointsGatewayClient(
      { main: { origin: 'http://127.0.0.1:1' }, operators: undefined },
      settings,
    );
    const { value } = await client.call('interface').next();
    expect(readInterface((value as { value: unknown }).value)).toEqual({
      services: [
        { name: 'books', fields: ['author'], presence: ['name'] },
        { name: 'plain', fields: [] },
      ],
      rooms: {},
      procedures: [],
    });
  });

  it.each([
    'Pong',
    null,
    {},
    { services: 1, procedures: [] },
    { services: [1], procedures: [] },
    { services: [], rooms: 1, procedures: [] },
    { services: [], procedures: [{ name: 'f', parameters: [], rest: 1 }] },
  ])('is refused when it is none: %j', (answer) => {
    expect(() => readInterface(answer)).toThrow('the gateway does not say what it has');
  });
});
