import { documentedAlerts } from './operations-guide.mjs';

/** The rules for Prometheus that the guide for operators has in its table. */
export function alertRules() {
  const rules = documentedAlerts().map(({ name, when, for: time, severity, says }) => ({
    alert: name,
    expr: when,
    for: time,
    labels: { severity },
    annotations: { summary: `{{ $labels.instance }}: ${says}` },
  }));
  return { groups: [{ name: 'kittiwake', rules }] };
}
