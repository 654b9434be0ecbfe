import { Setting } from '../kinds/setting.decorator.js';
import { choice } from '../kinds/text.kind.js';

/** The levels, from the least logged to the most; each includes those before it. */
export const LOG_LEVELS = ['silent', 'fatal', 'error', 'warn', 'info', 'debug', 'trace'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export const LOG_FORMATS = ['auto', 'json', 'pretty'] as const;
export type LogFormat = (typeof LOG_FORMATS)[number];

/** The level and the format of the log. */
export class LogSettings {
  @Setting({ kind: choice(LOG_LEVELS), about: 'The least severe level that is logged.' })
  readonly level: LogLevel = 'info';

  @Setting({
    kind: choice(LOG_FORMATS),
    about:
      '`json` is one object per line; `pretty` is for people; `auto` is `pretty` on a terminal, else `json`.',
  })
  readonly format: LogFormat = 'auto';
}
