import { CUSTOM_ROUTE_ARGS_METADATA, ROUTE_ARGS_METADATA } from '@nestjs/common/internal';

type Entry = { readonly index: number };
type Entries = Readonly<Record<string, Entry>>;

/**
 * Reads the parameters of a method that decorators made with `createParamDecorator` fill, by their index.
 * @throws when a parameter has a decorator for HTTP requests or messages, such as `@Body()`.
 */
export function customParams(host: object, method: string): ReadonlyMap<number, [key: string, entry: Entry]> {
  const entries = Object.entries(
    (Reflect.getMetadata(ROUTE_ARGS_METADATA, host, method) as Entries | undefined) ?? {},
  );
  const foreign = entries.find(([key]) => !key.includes(CUSTOM_ROUTE_ARGS_METADATA));
  if (foreign)
    throw new Error(
      `parameter ${foreign[1].index + 1} is of a request or of a message; use @ProcedureArg(), @ProcedureParams() or @CurrentCall()`,
    );
  return new Map(entries.map(([key, entry]) => [entry.index, [key, entry]]));
}
