import { Setting } from './setting.decorator.js';
import { FILE } from './text-format.js';
import { flag, text } from './text.kind.js';

/** How a Redis server proves that it is the right one. */
export class RedisTlsSettings {
  @Setting({ kind: text(FILE), optional: true, about: 'A PEM file of the authorities to trust.' })
  readonly caFile?: string;

  @Setting({ kind: flag(), about: 'Refuses a server whose certificate is not trusted.' })
  readonly rejectUnauthorized: boolean = true;
}
