import type { DecoratedParam } from './procedure-params.js';

type Pipes = DecoratedParam['pipes'];

/** The source of the value of a method's parameter. */
export type ParameterSource =
  /** One argument; the surplus ones by position; a Map of the named ones that match no parameter. */
  | { readonly kind: 'argument' | 'rest' | 'others'; readonly name: string; readonly pipes: Pipes }
  /** All arguments as one object. */
  | { readonly kind: 'all'; readonly pipes: Pipes }
  /** Filled by a decorator made with Nest's `createParamDecorator`. */
  | { readonly kind: 'custom' };
