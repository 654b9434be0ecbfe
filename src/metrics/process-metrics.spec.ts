import { loadSettings } from '../config/loading/load-settings.js';
import { Metrics } from './metrics.js';

/** Each gateway that came and went left a histogram and an observer of the event loop behind. */
it('observes the process once, however many gateways there are in it', async () => {
  const [first, second] = [new Metrics(loadSettings({}).metrics), new Metrics(loadSettings({}).metrics)];
  const shared = first.registry.getMetricsAsArray().filter(({ name }) => /^(nodejs|process)_/.test(name));
  expect(shared.length).toBeGreaterThan(10);
  for (const { name } of shared)
    expect(second.registry.getSingleMetric(name)).toBe(first.registry.getSingleMetric(name));
  expect(await second.registry.metrics()).toMatch(/^nodejs_eventloop_lag_mean_seconds /m);
});
