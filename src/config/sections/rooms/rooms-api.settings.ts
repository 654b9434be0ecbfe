import { Setting } from '../../kinds/setting.decorator.js';
import { FILE, HTTP_FOLDER_URL, RELATIVE_PATH } from '../../kinds/text-format.js';
import { choice, text } from '../../kinds/text.kind.js';

/** The answers that refuse a client: status 401 and 403, or any but 200. */
export const ROOM_REFUSALS = ['forbidden', 'any-status'] as const;
export type RoomRefusals = (typeof ROOM_REFUSALS)[number];

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

  @Setting({
    kind: choice(ROOM_REFUSALS),
    about:
      'What refuses a client: status 401 and 403 (`forbidden`), while all else but 200 says that the app stumbles; or any status but 200 (`any-status`), as in High-Templar.',
  })
  readonly refuseOn: RoomRefusals = 'forbidden';

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
