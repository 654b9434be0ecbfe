import { section } from '../kinds/section.kind.js';
import { Setting } from '../kinds/setting.decorator.js';
import { ENDPOINT_PATH } from '../kinds/text-format.js';
import { flag, text } from '../kinds/text.kind.js';

/** Topics over plain HTTP. */
export class StreamSettings {
  @Setting({
    kind: flag(),
    about:
      'Lets clients in over plain HTTP as well, at `topics.path` and `/stream`, for networks that WebSockets do not pass.',
  })
  readonly enabled: boolean = true;
}

/** The endpoint where clients subscribe to topics. */
export class TopicsSettings {
  @Setting({ kind: text(ENDPOINT_PATH), about: 'The path of the WebSocket endpoint; `*` is every path.' })
  readonly path: string = '/ws';

  @Setting({ kind: section(StreamSettings), about: 'Topics over plain HTTP.' })
  readonly stream: StreamSettings = new StreamSettings();
}

/** The path at which clients connect over plain HTTP, if they may. */
export function streamPathOf({ path, stream }: TopicsSettings): string | undefined {
  if (!stream.enabled) return undefined;
  return path === '*' ? '/stream' : `${path}/stream`;
}
