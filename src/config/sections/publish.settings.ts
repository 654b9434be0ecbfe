import { texts } from '../kinds/collection.kind.js';
import { bytes, integer } from '../kinds/number.kind.js';
import { sections } from '../kinds/section.kind.js';
import { Setting } from '../kinds/setting.decorator.js';
import { API_KEY, ENDPOINTS_PATH, KEY_NAME } from '../kinds/text-format.js';
import { flag, text } from '../kinds/text.kind.js';
import { ApiKeySettings } from './api-key.settings.js';

/** Publishing over HTTP. */
export class PublishSettings {
  @Setting({
    kind: texts(API_KEY),
    secret: true,
    about:
      'Keys that services publish with, and may do everything; each as it is, or `sha256:` and its hash in hexadecimal. Without one here and in `keys`, a random key is made at each start, and printed on the terminal, if standard error is one.',
  })
  readonly apiKeys: readonly string[] = [];

  @Setting({
    kind: sections(ApiKeySettings, KEY_NAME),
    about: 'Further keys, by their names, each with what it is for. They are set in the file.',
  })
  readonly keys: ReadonlyMap<string, ApiKeySettings> = new Map();

  @Setting({ kind: bytes(), about: 'The largest request body.' })
  readonly maxBodyBytes: number = 1_048_576;

  @Setting({
    kind: integer({ min: 1, max: 100_000 }),
    about: 'The most publications, or triggers, in one request.',
  })
  readonly maxBatch: number = 1_000;

  @Setting({
    kind: integer({ min: 0 }),
    about: 'The most publications, and as many triggers, per second; `0` is no limit.',
  })
  readonly maxPerSecond: number = 0;

  @Setting({
    kind: flag(),
    about:
      'Offers `POST /publish`, and `POST /trigger` where there are rooms; `POST /disconnect`, `POST /unsubscribe`, `POST /revoke` and `GET /connections`.',
  })
  readonly enabled: boolean = true;

  @Setting({ kind: text(ENDPOINTS_PATH), about: 'The path where services publish.' })
  readonly path: string = '/publish';

  @Setting({ kind: text(ENDPOINTS_PATH), about: 'The path where services trigger rooms.' })
  readonly triggerPath: string = '/trigger';

  @Setting({ kind: text(ENDPOINTS_PATH), about: 'The path where services disconnect clients.' })
  readonly disconnectPath: string = '/disconnect';

  @Setting({ kind: text(ENDPOINTS_PATH), about: 'The path where services end subscriptions of clients.' })
  readonly unsubscribePath: string = '/unsubscribe';

  @Setting({ kind: text(ENDPOINTS_PATH), about: 'The path where services read who is connected.' })
  readonly connectionsPath: string = '/connections';

  @Setting({ kind: text(ENDPOINTS_PATH), about: 'The path where services revoke tokens.' })
  readonly revokePath: string = '/revoke';

  @Setting({
    kind: text(ENDPOINTS_PATH),
    optional: true,
    about:
      'The path where services read what is kept of topics; without it `/history`, if a service of the configuration keeps a history.',
  })
  readonly historyPath?: string;

  @Setting({
    kind: text(ENDPOINTS_PATH),
    optional: true,
    about:
      'The path where services ask who is present; without it `/presence`, if a service of the configuration, or rooms, have presence.',
  })
  readonly presencePath?: string;
}
