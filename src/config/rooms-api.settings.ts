import { Setting } from './setting.decorator.js';
import { FILE, HTTP_FOLDER_URL, RELATIVE_PATH } from './text-format.js';
import { text } from './text.kind.js';

/** The app's API as rooms need it. */
export class RoomsApiSettings {
  @Setting({ kind: text(HTTP_FOLDER_URL), about: 'What the paths below are relative to.' })
  readonly url!: string;

  @Setting({
    kind: text(FILE),
    optional: true,
    about: 'The Unix socket where the API listens, instead of TCP.',
  })
  readonly socket?: string;

  @Setting({
    kind: text(RELATIVE_PATH),
    about: 'Asked by GET, for each connection, which rooms it may join.',
  })
  readonly bootstrap: string = 'bootstrap/';

  @Setting({ kind: text(RELATIVE_PATH), optional: true, about: 'Told by POST that a client has connected.' })
  readonly onConnect?: string;

  @Setting({
    kind: text(RELATIVE_PATH),
    optional: true,
    about: 'Told by POST that a client has sent `ping`.',
  })
  readonly onPing?: string;

  @Setting({ kind: text(RELATIVE_PATH), optional: true, about: 'Told by POST that a client has gone.' })
  readonly onDisconnect?: string;
}
