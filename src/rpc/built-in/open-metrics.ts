import { richJsonText } from '../../protocol/json/rich-json.js';
import type { Statistic, Statistics } from './statistics.js';

/** The media type of {@link openMetrics}. */
export const OPEN_METRICS_TYPE = 'application/openmetrics-text; version=1.0.0; charset=utf-8';

const MIN_SAMPLES = 5;

/**
 * Writes statistics in the OpenMetrics text format. Counts have the type `unknown`: a counter's name has to end in
 * `_total`.
 * @param labels of every line, by name; characters of names other than letters, digits and `_` become `_`.
 */
export function openMetrics(statistics: Statistics, labels: ReadonlyMap<string, unknown>): string {
  const shared = [...labels].map(([name, value]) => `${labelName(name)}="${escaped(value)}"`);
  const families = new Map<string, string[]>();
  for (const [key, statistic] of [...statistics].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    const [name = '', ...own] = key.split(',');
    const all = [...shared, ...own];
    for (const [suffix, value] of valuesOf(statistic)) {
      const family = `${name}${suffix}`;
      const lines = families.get(family) ?? [];
      families.set(family, lines);
      if (lines.length === 0)
        lines.push(`# TYPE ${family} ${statistic.type === 'count' ? 'unknown' : 'gauge'}`);
      lines.push(`${family}${all.length > 0 ? `{${all.join(', ')}}` : ''} ${value}`);
    }
  }
  return [...[...families.values()].flat(), '# EOF', ''].join('\n');
}

/** Of at least five samples: the median, the 90th percentile and the mean. */
function valuesOf({ value }: Statistic): (readonly [suffix: string, value: number])[] {
  if (typeof value === 'number') return [['', value]];
  if (value.length < MIN_SAMPLES) return [];
  const sorted = value.toSorted((a, b) => a - b);
  const at = (part: number): number => sorted[Math.floor(sorted.length * part)]!;
  const mean = sorted.reduce((sum, one) => sum + one, 0) / sorted.length;
  return [
    ['_m50', at(0.5)],
    ['_m90', at(0.9)],
    ['_avg', Math.round(mean * 100) / 100],
  ];
}

function labelName(name: string): string {
  return name.replace(/\W/g, '_').replace(/^(?=\d)|^$/, '_');
}

function escaped(value: unknown): string {
  const text = typeof value === 'string' ? value : richJsonText(value);
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
