import { calm } from './calm.js';

/** The number of nodes that were asked, this one included, and how many of them have answered in time. */
export interface NodeCount {
  readonly asked: number;
  readonly answered: number;
}

/** The answers of nodes to a question. */
export interface Answers<Answer> {
  readonly byNode: ReadonlyMap<string, Answer>;
  /** An answer is complete only if both are the same. */
  readonly nodes: NodeCount;
  /** The nodes that have not answered. */
  readonly missing: readonly string[];
}

/** The answers to one question, as they come. */
export class Collecting {
  readonly byNode = new Map<string, unknown>();
  private readonly awaited: Set<string>;
  private readonly asked: Set<string>;
  private readonly done: Promise<void>;
  private resolve!: () => void;

  /** @param asked all nodes that may be there. @param awaited those whose answers are waited for. */
  constructor(asked: Iterable<string>, awaited: Iterable<string>) {
    this.asked = new Set(asked);
    this.awaited = new Set(awaited);
    this.done = new Promise((resolve) => (this.resolve = resolve));
  }

  /** Waits for everybody who is awaited, and at least and at most for a time. */
  async wait(leastMs: number, mostMs: number): Promise<void> {
    const timer = setTimeout(this.resolve, mostMs);
    await calm(leastMs);
    if (this.awaited.size > 0) await this.done;
    clearTimeout(timer);
  }

  /** A node has been heard that was there when everybody was asked. */
  met(node: string): void {
    if (this.asked.has(node)) return;
    this.asked.add(node);
    this.awaited.add(node);
  }

  /** Takes an answer; of one that was not known to be there, too. */
  answered(node: string, answer: unknown): void {
    this.asked.add(node);
    this.byNode.set(node, answer);
    this.settled(node);
  }

  /** The node does not answer. */
  failed(node: string): void {
    this.asked.add(node);
    this.settled(node);
  }

  /** The node has ended: there is nothing to ask it. */
  left(node: string): void {
    this.asked.delete(node);
    this.settled(node);
  }

  /** All that were asked. */
  get askedNodes(): readonly string[] {
    return [...this.asked];
  }

  private settled(node: string): void {
    this.awaited.delete(node);
    if (this.awaited.size === 0) this.resolve();
  }
}
