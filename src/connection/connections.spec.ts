import { jest } from '@jest/globals';
import { loadSettings } from '../config/loading/load-settings.js';
import { Metrics } from '../metrics/metrics.js';
import { Refusals } from '../metrics/refusals.js';
import type { Connection } from './connection.js';
import type { ConnectionSettings } from './connection.settings.js';
import { Connections } from './connections.js';

describe('a client that is gone and has left events behind', () => {
  let connections: Connections;
  let forgotten: number;
  let connection: Connection;

  beforeEach(() => {
    jest.useFakeTimers();
    const metrics = new Metrics(loadSettings({}).metrics);
    connections = new Connections({} as ConnectionSettings, metrics, new Refusals(metrics));
    forgotten = 0;
    connection = { forgetEvents: () => forgotten++ } as unknown as Connection;
  });

  afterEach(async () => {
    await connections.stop();
    jest.useRealTimers();
  });

  it('has them handled for 30 seconds', () => {
    connections.lingers(connection);
    jest.advanceTimersByTime(29_999);
    expect(forgotten).toBe(0);
    jest.advanceTimersByTime(1);
    expect(forgotten).toBe(1);
  });

  it('costs no timer once they are handled', () => {
    const before = jest.getTimerCount();
    connections.lingers(connection);
    connections.settled(connection);
    expect(jest.getTimerCount()).toBe(before);
  });
});
