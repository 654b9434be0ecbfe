import type { Order } from '../protocol/publication.js';
import { OrderGuard } from './order-guard.js';

const at = (order: Order | undefined, orderKey = 'null') => ({
  order,
  orderKey,
  throttleMs: undefined,
  throttleKey: 'null',
});

describe('the order of publications', () => {
  it('lets pass what is newer than all before', () => {
    const guard = new OrderGuard();
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
    const guard = new OrderGuard();
    const orders = [9007199254740992n, 9007199254740993n, 9007199254740993n, 9007199254740992, 1e300];
    expect(orders.map((order) => guard.admits(at(order)))).toEqual([true, true, false, false, true]);
  });

  it('is kept for each key', () => {
    const guard = new OrderGuard();
    expect([at(5, '"a"'), at(4, '"b"'), at(4, '"a"'), at(5, '"b"')].map((one) => guard.admits(one))).toEqual([
      true,
      true,
      false,
      true,
    ]);
  });

  it('plays no part where there is none', () => {
    const guard = new OrderGuard();
    guard.admits(at(5));
    expect(guard.admits(at(undefined))).toBe(true);
  });
});
