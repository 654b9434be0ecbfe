import type { MethodParameters } from './method-parameters.js';

/** Picks the value of one parameter of a method from the bound values. */
export type ArgumentReader = (values: readonly unknown[]) => unknown;

/** Makes a reader for each parameter that the method declares; those of other decorators read `undefined`. */
export function argumentReaders({ sources, parameters, rest }: MethodParameters): ArgumentReader[] {
  const names = parameters.map(({ name }) => name);
  const tail = names.length + (rest.named ? 1 : 0);
  return sources.map((source): ArgumentReader => {
    switch (source.kind) {
      case 'argument': {
        const at = names.indexOf(source.name);
        return (values) => values[at];
      }
      case 'others':
        return (values) => values[names.length];
      case 'rest':
        return (values) => values.slice(tail);
      case 'all':
        return rest.named
          ? (values) => Object.fromEntries(values[names.length] as ReadonlyMap<string, unknown>)
          : (values) => objectOf(names, values);
      default:
        return () => undefined;
    }
  });
}

/** Leaves out missing arguments, so that the default values of a class hold. */
function objectOf(names: readonly string[], values: readonly unknown[]): Record<string, unknown> {
  const entries = names.map((name, index) => [name, values[index]] as const);
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
}
