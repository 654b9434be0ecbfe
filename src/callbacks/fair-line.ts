import type { LogParty } from '../metrics/log-line.js';

/** The party for whom the app is asked. */
export interface Asker {
  /** Services have their turns in rotation. */
  readonly service?: string | undefined;
  /** The clients of a service have theirs in rotation, too; askers without one count as one. Named in log lines. */
  readonly client?: LogParty | undefined;
}

/** Entries in the order in which they came. */
class Row<Key, Value> extends Map<Key, Value> {
  private passing = this.entries();

  /** Takes out the first. The kept iterator passes each entry once; a new one would pass all deleted ones again. */
  shift(): [Key, Value] | undefined {
    let step = this.passing.next();
    if (step.done === true) step = (this.passing = this.entries()).next();
    if (step.done === true) return undefined;
    this.delete(step.value[0]);
    return step.value;
  }
}

/** The items of one client, in their order. */
type Client<Item> = Row<Item, undefined>;
type Service<Item> = Row<LogParty | undefined, Client<Item>>;

/**
 * A queue where services have their turns in rotation, and the clients of each in theirs: a client that asks for much
 * only delays itself. All operations take constant time.
 */
export class FairLine<Item> {
  private readonly services = new Row<string | undefined, Service<Item>>();
  private count = 0;

  get length(): number {
    return this.count;
  }

  push(item: Item, { service, client }: Asker): void {
    const clients = existing(this.services, service);
    existing(clients, client).set(item, undefined);
    this.count++;
  }

  /** Takes out the item whose turn it is. */
  shift(): Item | undefined {
    const first = this.services.shift();
    if (!first) return undefined;
    const [service, clients] = first;
    const [client, items] = clients.shift()!;
    const [item] = items.shift()!;
    if (items.size > 0) clients.set(client, items);
    if (clients.size > 0) this.services.set(service, clients);
    this.count--;
    return item;
  }

  /** Takes out an item that does not wait any more. */
  delete(item: Item, { service, client }: Asker): void {
    const clients = this.services.get(service);
    const items = clients?.get(client);
    if (!clients || items?.delete(item) !== true) return;
    this.count--;
    if (items.size === 0) clients.delete(client);
    if (clients.size === 0) this.services.delete(service);
  }
}

function existing<Key, Name, Value>(rows: Row<Key, Row<Name, Value>>, key: Key): Row<Name, Value> {
  let row = rows.get(key);
  if (!row) rows.set(key, (row = new Row()));
  return row;
}
