import { Logger } from '@nestjs/common';
import { isObject } from '../../protocol/json/json.js';
import type { ReturnedValue } from './callback-contexts.js';

const logger = new Logger('Callbacks');
const told = new WeakSet<object>();

/**
 * The decision of a method. Where an interceptor has wrapped it, as those do that make bodies for HTTP, the value that
 * the method returned counts: an envelope around a no would be taken for a yes.
 * @param method the method that has decided; a warning is logged once for each.
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
