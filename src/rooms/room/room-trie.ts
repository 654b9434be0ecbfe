import { Flow } from '../../delivery/flow.js';
import { type Room, WILDCARD } from './room.js';

/** The rooms that a search finds: the same, also those whose wildcards cover it, or with wildcards on either side. */
export type RoomMatch = 'same' | 'covering' | 'overlapping';

/** A level of the trie: the items of rooms that end here, and the next level by the value of the next key. */
class Node<T> extends Flow {
  /** Made with the first: most levels are the last, and an empty map takes 200 bytes. */
  next: Map<string, Node<T>> | undefined = undefined;
  readonly items = new Set<T>();
}

/** A room that has items: they, and how much has passed. */
export type RoomPlace<T> = Flow & { readonly items: ReadonlySet<T> };

/**
 * Items by room, found by the values of the sorted keys: a search takes a step or two for each key, however many
 * rooms there are.
 */
export class RoomTrie<T> {
  private readonly roots = new Map<string, Node<T>>();
  private rooms = 0;

  add(room: Room, item: T): void {
    let node = childOf(this.roots, room.shape);
    for (const value of room.values) node = childOf((node.next ??= new Map()), value);
    if (node.items.size === 0) this.rooms++;
    node.items.add(item);
  }

  /** Removes an item, and every level that it leaves empty. */
  remove(room: Room, item: T): void {
    const path: [Map<string, Node<T>>, string][] = [[this.roots, room.shape]];
    let node = this.roots.get(room.shape);
    for (const value of room.values) {
      if (!node?.next) return;
      path.push([node.next, value]);
      node = node.next.get(value);
    }
    if (!node?.items.delete(item)) return;
    if (node.items.size === 0) this.rooms--;
    for (const [level, key] of path.toReversed()) {
      const child = level.get(key);
      if (!child || child.items.size > 0 || (child.next?.size ?? 0) > 0) return;
      level.delete(key);
    }
  }

  /** The number of rooms that have an item. */
  get roomCount(): number {
    return this.rooms;
  }

  /** Whether there is an item whose room matches. */
  has(room: Room, match: RoomMatch): boolean {
    for (const node of this.nodes(room, match)) if (node.items.size > 0) return true;
    return false;
  }

  /** All items. */
  *all(): Generator<T> {
    for (const { items } of this.places()) yield* items;
  }

  /** All rooms that have an item. */
  *places(): Generator<RoomPlace<T>> {
    const nodes = [...this.roots.values()];
    for (let node = nodes.pop(); node; node = nodes.pop()) {
      if (node.items.size > 0) yield node;
      if (node.next) nodes.push(...node.next.values());
    }
  }

  /** The room, if it has an item. */
  placeOf(room: Room): RoomPlace<T> | undefined {
    const [node] = this.nodes(room, 'same');
    return node && node.items.size > 0 ? node : undefined;
  }

  /** Calls back with each item whose room matches, through which something passes. */
  forEach(room: Room, match: RoomMatch, visit: (item: T) => void): void {
    for (const node of this.nodes(room, match)) {
      node.passed++;
      for (const item of node.items) visit(item);
    }
  }

  private nodes({ shape, values }: Room, match: RoomMatch): Node<T>[] {
    const root = this.roots.get(shape);
    let nodes = root ? [root] : [];
    for (const value of values) nodes = nodes.flatMap((node) => steps(node, value, match));
    return nodes;
  }
}

function childOf<T>(level: Map<string, Node<T>>, key: string): Node<T> {
  let child = level.get(key);
  if (!child) {
    child = new Node();
    level.set(key, child);
  }
  return child;
}

function steps<T>({ next }: Node<T>, value: string, match: RoomMatch): Node<T>[] {
  if (!next) return [];
  if (match === 'overlapping' && value === WILDCARD) return [...next.values()];
  const same = next.get(value);
  const wildcard = match === 'same' || value === WILDCARD ? undefined : next.get(WILDCARD);
  return [same, wildcard].filter((node) => node !== undefined);
}
