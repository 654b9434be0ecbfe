import { Logger } from '@nestjs/common';
import { isObject } from '../../protocol/json/json.js';
import type { ReturnedValue } from './callback-contexts.js';

const logger = new Logger('Callbacks');
const told = new WeakSet<object>();

/**
 * What a method decided. Where an interceptor has put that into something else, as those do that make bodies for HTTP,
 * it counts as it was returned: an envelope around a no would be taken for a yes.
 * @param method whose answer it is; the log says it once of each.
 */
export function decisionOf({ value, returned }: ReturnedValue, method: { readonly name: string }): unknown {
  if (!isWrapped(value, returned)) return value;
  if (!told.has(method))
    logger.warn(
      `what ${method.name} returns counts as it is, although an interceptor of the app wraps it: ` +
        "one for HTTP alone begins with if (context.getType() !== 'http') return next.handle()",
    );
  told.add(method);
  return returned;
}

function isWrapped(value: unknown, returned: unknown): boolean {
  if (value === returned || !isObject(value)) return false;
  return returned === false || returned === null || Object.values(value).includes(returned);
}
