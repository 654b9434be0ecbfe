import type { JsonMembers, JsonText } from '../../protocol/json/json.js';
import { Permissions } from './permissions.js';

/** The rooms that a client may join, and what the app says of the client besides. */
export class KnownPermissions extends Permissions {
  /** @throws {CallbackAnswerError} when the text is not a list of objects. */
  constructor(
    text: JsonText,
    readonly known: JsonMembers,
  ) {
    super(text);
  }
}
