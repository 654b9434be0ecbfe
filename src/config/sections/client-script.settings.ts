import { Setting } from '../kinds/setting.decorator.js';
import { ENDPOINTS_PATH } from '../kinds/text-format.js';
import { flag, text } from '../kinds/text.kind.js';

/** The client of the gateway, for pages without a bundler. */
export class ClientScriptSettings {
  @Setting({ kind: flag(), about: 'Offers it.' })
  readonly enabled: boolean = true;

  @Setting({ kind: text(ENDPOINTS_PATH), about: 'The path of the module.' })
  readonly path: string = '/kittiwake/client.js';
}
