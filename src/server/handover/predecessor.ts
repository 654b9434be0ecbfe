import { once } from 'node:events';
import type { Broker } from '../../broker/broker.js';
import { MemoryBroker } from '../../broker/memory.broker.js';
import { takeSuccessorMark } from '../environment.js';
import { Inheritance } from './inheritance.js';
import type { Legacy } from './successor.js';

/** The process that this one takes over from. */
export class Predecessor {
  private constructor(readonly legacy: Legacy) {}

  /** @returns nothing in a process that was started in any other way. */
  static async find(): Promise<Predecessor | undefined> {
    if (!takeSuccessorMark() || !process.connected) return undefined;
    const [legacy] = (await once(process, 'message')) as [Legacy];
    return new Predecessor(legacy);
  }

  /** Takes the histories that it has in its memory, if it has any. @throws when it ends meanwhile. */
  async bequeath(broker: Broker): Promise<void> {
    if (!this.legacy.hasHistory || !(broker instanceof MemoryBroker)) return;
    await Inheritance.take(broker, (historyPath) => process.send?.({ historyPath }));
  }

  /** Tells the predecessor that this process serves: then it ends. */
  release(): void {
    if (!process.connected) return; // it has ended already
    process.send?.({ isReady: true }, () => process.connected && process.disconnect());
  }
}
