import { type Column, short, table } from './table.js';

describe('a table', () => {
  it('has columns as wide as they need, and numbers on the right', () => {
    const columns: Column<{ readonly name: string; readonly n: number }>[] = [
      { head: 'NAME', cell: ({ name }) => name },
      { head: 'N', cell: ({ n }) => `${n}`, isNumber: true },
    ];
    const rows = [
      { name: 'a', n: 1 },
      { name: 'longer', n: 100 },
    ];
    expect(table(columns, rows)).toBe('NAME      N\na         1\nlonger  100');
    expect(table(columns, [])).toBe('NAME  N');
  });

  it.each([
    [undefined, '-'],
    [0, '0'],
    [0.25, '0.3'],
    [9_999, '9999'],
    [12_345, '12.3k'],
    [345_678, '346k'],
    [2_500_000, '2.5M'],
    [3e9, '3G'],
  ])('shows %p as %s', (value, text) => {
    expect(short(value)).toBe(text);
  });
});
