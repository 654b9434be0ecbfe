import { BrokerError } from './broker.error.js';
import type { Appended, BrokerHistory, HistoryPage } from './history.js';

/** The history of a broker that keeps none. */
export class NoHistory implements BrokerHistory {
  append(): Promise<Appended> {
    return Promise.reject(none());
  }

  read(): Promise<HistoryPage> {
    return Promise.reject(none());
  }

  tops(): Promise<never[]> {
    return Promise.reject(none());
  }
}

function none(): BrokerError {
  return new BrokerError('this broker keeps no history');
}
