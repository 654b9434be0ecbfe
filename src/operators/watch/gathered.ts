import type { Answers } from '../../cluster/answers.js';

/** Which nodes have answered, in its wire form. */
export interface Gathered {
  readonly complete: boolean;
  readonly asked: number;
  readonly answered: number;
  /** The nodes that have not. */
  readonly missing: readonly string[];
}

/** Tells which nodes have answered. */
export function gathered({ nodes, missing }: Pick<Answers<unknown>, 'nodes' | 'missing'>): Gathered {
  return { complete: nodes.answered >= nodes.asked, ...nodes, missing };
}
