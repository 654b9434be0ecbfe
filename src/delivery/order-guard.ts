import type { DeliveryOptions, Order } from '../protocol/publication.js';

/** The highest order that a subscription has seen, by order key. */
export class OrderGuard {
  private readonly highest = new Map<string, Order>();

  /** Whether a publication is newer than all before it with its key; if so, it is remembered. */
  admits({ order, orderKey }: DeliveryOptions): boolean {
    if (order === undefined) return true;
    const highest = this.highest.get(orderKey);
    if (highest !== undefined && order <= highest) return false;
    this.highest.set(orderKey, order);
    return true;
  }
}
