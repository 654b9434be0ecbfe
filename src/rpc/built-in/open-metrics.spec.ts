import { openMetrics } from './open-metrics.js';
import type { Statistic } from './statistics.js';

const NO_LABELS = new Map<string, unknown>();

describe('statistics in the format of OpenMetrics', () => {
  it('have one type for each name, and all labels', () => {
    const statistics = new Map<string, Statistic>([
      ['http,code="404"', { type: 'count', value: 2 }],
      ['http,code="200"', { type: 'count', value: 1 }],
      ['start_time,app="a"', { type: 'gauge', value: 5 }],
      ['http_unix', { type: 'count', value: 3 }],
    ]);
    expect(openMetrics(statistics, new Map([['foo', 'bar']])).split('\n')).toEqual([
      '# TYPE http unknown',
      'http{foo="bar", code="200"} 1',
      'http{foo="bar", code="404"} 2',
      '# TYPE http_unix unknown',
      'http_unix{foo="bar"} 3',
      '# TYPE start_time gauge',
      'start_time{foo="bar", app="a"} 5',
      '# EOF',
      '',
    ]);
    expect(openMetrics(statistics, NO_LABELS)).toContain('\nhttp_unix 3\n');
  });

  it('tell of samples what they are like, once there are five', () => {
    const of = (value: number[]): string =>
      openMetrics(new Map([['us', { type: 'sample', value }]]), NO_LABELS);
    expect(of([1, 2, 3, 4])).toBe('# EOF\n');
    expect(of([9, 1, 5, 3, 2])).toBe(
      '# TYPE us_m50 gauge\nus_m50 3\n# TYPE us_m90 gauge\nus_m90 9\n# TYPE us_avg gauge\nus_avg 4\n# EOF\n',
    );
  });

  it('have labels that cannot be anything else', () => {
    const labels = new Map<string, unknown>([
      ['a-b', 'x"\\\n'],
      ['1', 2n],
      ['', [1]],
    ]);
    const [, line] = openMetrics(new Map([['n', { type: 'count', value: 0 }]]), labels).split('\n');
    expect(line).toBe('n{a_b="x\\"\\\\\\n", _1="2", _="[1]"} 0');
  });
});
