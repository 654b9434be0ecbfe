import { readFileSync } from 'node:fs';

const GUIDE = new URL('../docs/operations.md', import.meta.url);

/**
 * A metric as the guide for operators has it.
 * @typedef {{ name: string, type: 'gauge' | 'counter' | 'histogram', labels: string[], counts: string }} MetricRow
 */

/**
 * An alert as that guide has it.
 * @typedef {{ name: string, when: string, for: string, severity: string, says: string }} AlertRow
 */

/** The metrics, in the order of the guide. @returns {MetricRow[]} */
export function documentedMetrics() {
  return tableBelow('## Metrics').map(([name = '', type, labels = '', counts = '']) => ({
    name: plain(name),
    type: /** @type {MetricRow['type']} */ (type),
    labels: [...labels.matchAll(/`(\w+)`/g)].map(([, label = '']) => label),
    counts: plain(counts),
  }));
}

/** The alerts, in the order of the guide. @returns {AlertRow[]} */
export function documentedAlerts() {
  return tableBelow('### Alerts').map((cells) => {
    const [name = '', when = '', time = '', severity = '', says = ''] = cells.map(plain);
    return { name, when, for: time, severity, says };
  });
}

/** The rows of the first table below a heading, cell by cell. @param {string} heading */
function tableBelow(heading) {
  const lines = readFileSync(GUIDE, 'utf8').split('\n');
  const first = lines.findIndex((line, index) => index > lines.indexOf(heading) && line.startsWith('|'));
  const end = lines.findIndex((line, index) => index > first && !line.startsWith('|'));
  const [, , ...rows] = lines.slice(first, end);
  return rows.map((row) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

/** Without links and backticks: neither Grafana nor Alertmanager knows where the guide is. @param {string} markdown */
function plain(markdown) {
  return markdown.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1').replaceAll('`', '');
}
