import type { Answers, NodeCount } from '../cluster/answers.js';

/** The number on all nodes that have answered. */
export interface Counted {
  readonly count: number;
  /** Whether all nodes have answered. */
  readonly isComplete: boolean;
  readonly nodes: NodeCount;
}

/** A node's answer that is a number. */
export function readCount(answer: unknown): number | undefined {
  return Number.isSafeInteger(answer) ? (answer as number) : undefined;
}

/** The sum of the answers of all nodes. */
export function counted({ byNode, nodes }: Answers<number>): Counted {
  let count = 0;
  for (const one of byNode.values()) count += one;
  return { count, isComplete: isComplete(nodes), nodes };
}

/** Whether all nodes that were asked have answered. */
export function isComplete({ asked, answered }: NodeCount): boolean {
  return answered >= asked;
}

/** A count in its wire form. @param name says of what. */
export function countedBody(name: string, { count, isComplete: complete, nodes }: Counted): object {
  return { status: 'ok', [name]: count, complete, nodes };
}

/** As {@link countedBody}, with a format for people. */
export function countedResult(verb: string, name: string, counted: Counted): object {
  return { ...countedBody(name, counted), _format: countedFormat(verb, name, counted.nodes) };
}

/** The format of a count for people. */
export function countedFormat(verb: string, name: string, { asked, answered }: NodeCount): string {
  const missing = asked - answered;
  return `${verb} %(${name})s.${missing > 0 ? ` NOT COMPLETE: ${missing} of ${asked} nodes have not answered.` : ''}`;
}
