import { texts, textMap } from '../../kinds/collection.kind.js';
import { Setting } from '../../kinds/setting.decorator.js';
import { CALLBACK_URL, FILLED_TEXT, HEADER_NAME, HEADER_VALUE } from '../../kinds/text-format.js';
import { text } from '../../kinds/text.kind.js';

/** Authentication by a ticket, which the app validates. */
export class TicketSettings {
  @Setting({ kind: text(CALLBACK_URL), about: 'Asked whose a ticket is.' })
  readonly url!: string;

  @Setting({
    kind: texts(FILLED_TEXT, { isFilled: true }),
    about: 'Members of the answer that become the identity. Each has to be in the answer.',
  })
  readonly fields: readonly string[] = ['user_id'];

  @Setting({ kind: textMap(HEADER_NAME, HEADER_VALUE), secret: true, about: 'Headers of the request.' })
  readonly headers: Readonly<Record<string, string>> = {};
}
