import { FlowWindow } from './flow-window.js';
import { Rates } from './rates.js';

describe('how fast totals grow', () => {
  it('is known from the second look on, and given again to who asks within a second', () => {
    const rates = new Rates();
    expect(rates.of(new Map([['a', 5]]), 10_000)).toBeUndefined();
    expect(rates.of(new Map([['a', 9]]), 10_500)).toBeUndefined();
    expect([
      ...rates.of(
        new Map([
          ['a', 9],
          ['b', 3],
        ]),
        12_000,
      )!,
    ]).toEqual([
      ['a', 2],
      ['b', 1.5],
    ]);
    expect([...rates.of(new Map([['a', 999]]), 12_500)!]).toEqual([
      ['a', 2],
      ['b', 1.5],
    ]);
  });

  it('is not known when nobody has looked for a minute, and never less than nothing', () => {
    const rates = new Rates();
    rates.of(new Map([['a', 5]]), 0);
    expect(rates.of(new Map([['a', 50]]), 60_001)).toBeUndefined();
    expect([...rates.of(new Map([['a', 1]]), 62_000)!]).toEqual([['a', 0]]);
  });
});

describe('the time between two marks', () => {
  it('begins with the first look, and anew at most about once a second', () => {
    const window = new FlowWindow();
    expect([window.opens(5_000), window.perSecond(7)]).toEqual([true, undefined]);
    expect([window.opens(5_500), window.opens(7_000), window.perSecond(8)]).toEqual([false, true, 4]);
    expect([window.opens(70_000), window.perSecond(8)]).toEqual([true, undefined]);
  });
});
