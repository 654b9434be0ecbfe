import { Setting } from '../kinds/setting.decorator.js';
import { ENDPOINT_PATH } from '../kinds/text-format.js';
import { text } from '../kinds/text.kind.js';

/** The endpoint where clients subscribe to topics. */
export class TopicsSettings {
  @Setting({ kind: text(ENDPOINT_PATH), about: 'The path of the WebSocket endpoint; `*` is every path.' })
  readonly path: string = '/ws';
}
