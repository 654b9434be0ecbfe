import { richJsonText } from '../../protocol/json/rich-json.js';
import type { CallArguments } from './gateway-client.js';

/** Named arguments as a query; what is no text is JSON. */
export function queryOf({ identity, ...named }: CallArguments['named']): string {
  const isText = typeof identity === 'string' || identity === undefined;
  const whose = isText ? { identity } : { identity_json: identity };
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries({ ...whose, ...named }))
    if (value !== undefined) query.set(name, typeof value === 'string' ? value : richJsonText(value));
  return query.toString();
}
