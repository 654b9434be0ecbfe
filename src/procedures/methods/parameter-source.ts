import type { DecoratedParam } from './procedure-params.js';

type Pipes = DecoratedParam['pipes'];

/** Where a parameter of a method gets its value. */
export type ParameterSource =
  /** One argument; the rest of those by position; a Map of those by any other name. */
  | { readonly kind: 'argument' | 'rest' | 'others'; readonly name: string; readonly pipes: Pipes }
  /** All arguments as one object. */
  | { readonly kind: 'all'; readonly pipes: Pipes }
  /** A decorator made with Nest's `createParamDecorator`. */
  | { readonly kind: 'custom' };
