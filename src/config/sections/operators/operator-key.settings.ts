import { Setting } from '../../kinds/setting.decorator.js';
import { API_KEY } from '../../kinds/text-format.js';
import { choice, text } from '../../kinds/text.kind.js';

/** The rights of the holder of an operator's key: look, or all that the console offers. */
export type OperatorAccess = 'read' | 'full';

/** A key of operators, under the name by which the log knows who has done something. */
export class OperatorKeySettings {
  @Setting({
    kind: text(API_KEY),
    secret: true,
    about: 'The key, or `sha256:` and its hash in hexadecimal: `kittiwake key` makes both.',
  })
  readonly key!: string;

  @Setting({
    kind: choice(['read', 'full']),
    about:
      '`read` looks, and sees data masked; `full` sees data as it is, disconnects, unsubscribes, publishes and triggers.',
  })
  readonly access: OperatorAccess = 'read';
}
