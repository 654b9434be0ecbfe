import type { DeliveryOptions, Order } from '../protocol/publication.js';
import { type KeyLimits, KeyMemory } from './key-memory.js';

/** The highest order that a subscription has seen, by order key. */
export class OrderGuard {
  private readonly highest: KeyMemory<Order>;

  /** @param forgotten called when the highest order of a key had to be forgotten. */
  constructor(limits: KeyLimits, forgotten: () => void) {
    this.highest = new KeyMemory(limits, forgotten);
  }

  /** Whether a publication is newer than all before it with its key; if so, it is remembered. */
  admits({ order, orderKey }: DeliveryOptions): boolean {
    if (order === undefined) return true;
    const highest = this.highest.get(orderKey);
    if (highest !== undefined && order <= highest) return false;
    this.highest.set(orderKey, order);
    return true;
  }

  /** Forgets everything. */
  stop(): void {
    this.highest.clear();
  }
}
