import { KeptBytes } from '../connection/kept-bytes.js';
import type { Order } from '../protocol/publication.js';
import { OrderGuard } from './order-guard.js';

const at = (order: Order | undefined, orderKey = 'null') => ({
  order,
  orderKey,
  throttleMs: undefined,
  throttleKey: 'null',
});

function orderGuard(maxKeys = 100, forgotten = (): void => undefined): OrderGuard {
  return new OrderGuard({ kept: new KeptBytes(1000), maxKeys }, forgotten);
}

describe('the order of publications', () => {
  it('lets pass what is newer than all before', () => {
    const guard = orderGuard();
    expect([3, 2, 3, 5, 4, 5.5, -1].map((order) => guard.admits(at(order)))).toEqual([
      true,
      false,
      false,
      true,
      false,
      true,
      false,
    ]);
  });

  it('is exact beyond 2^53, and across whole numbers and fractions', () => {
    const guard = orderGuard();
    const orders = [9007199254740992n, 9007199254740993n, 9007199254740993n, 9007199254740992, 1e300];
    expect(orders.map((order) => guard.admits(at(order)))).toEqual([true, true, false, false, true]);
  });

  it('is kept for each key', () => {
    const guard = orderGuard();
    expect([at(5, '"a"'), at(4, '"b"'), at(4, '"a"'), at(5, '"b"')].map((one) => guard.admits(one))).toEqual([
      true,
      true,
      false,
      true,
    ]);
  });

  it('plays no part where there is none', () => {
    const guard = orderGuard();
    guard.admits(at(5));
    expect(guard.admits(at(undefined))).toBe(true);
  });

  it('forgets the key that was used longest ago when there are too many, and says so', () => {
    let forgotten = 0;
    const guard = orderGuard(2, () => forgotten++);
    for (const key of ['"a"', '"b"', '"c"']) guard.admits(at(5, key));
    expect(forgotten).toBe(1);
    expect(['"b"', '"c"'].map((key) => guard.admits(at(4, key)))).toEqual([false, false]);
    expect(guard.admits(at(4, '"a"'))).toBe(true);
  });

  it('never forgets the order of publications without a key', () => {
    const guard = orderGuard(1);
    guard.admits(at(5));
    for (const key of ['"a"', '"b"', '"c"']) guard.admits(at(5, key));
    expect(guard.admits(at(4))).toBe(false);
  });
});
