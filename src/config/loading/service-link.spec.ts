import { isServiceLink } from './service-link.js';

describe('variables that Kubernetes sets for a service', () => {
  it.each([
    ['KITTIWAKE_PORT', 'tcp://10.0.0.1:9000'],
    ['KITTIWAKE_SERVICE_HOST', '10.0.0.1'],
    ['KITTIWAKE_SERVICE_PORT', '9000'],
    ['KITTIWAKE_SERVICE_PORT_HTTP', '9000'],
    ['KITTIWAKE_PORT_9000_TCP', 'tcp://10.0.0.1:9000'],
    ['KITTIWAKE_PORT_9000_TCP_ADDR', '10.0.0.1'],
    ['KITTIWAKE_PORT_9000_TCP_PORT', '9000'],
    ['KITTIWAKE_PORT_9000_UDP_PROTO', 'udp'],
    ['KITTIWAKE_METRICS_PORT', 'tcp://10.0.0.2:9090'],
    ['KITTIWAKE_REDIS_SERVICE_HOST', '10.0.0.3'],
  ])('knows %s=%s', (name, value) => {
    expect(isServiceLink(name, value)).toBe(true);
  });

  it.each([
    ['KITTIWAKE_PORT', '9000'],
    ['KITTIWAKE_METRICS_PORT', '9090'],
    ['KITTIWAKE_HOST', '0.0.0.0'],
    ['KITTIWAKE_PORTS', 'tcp://10.0.0.1:9000'],
    ['KITTIWAKE_BROKER_REDIS_URL', 'redis://10.0.0.3:6379'],
  ])('leaves %s=%s to the configuration', (name, value) => {
    expect(isServiceLink(name, value)).toBe(false);
  });
});
