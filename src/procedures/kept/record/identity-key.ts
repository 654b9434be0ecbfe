import { canonicalJson } from '../../../protocol/json/canonical-json.js';
import { type JsonMembers, objectText } from '../../../protocol/json/json.js';

/** One text for all spellings of an identity. */
export function identityKey(identity: JsonMembers): string {
  return canonicalJson(objectText(identity));
}
