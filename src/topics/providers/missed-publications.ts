import { Carrier } from '../../callbacks/providers/carrier.js';
import { objectText, toJsonText, type JsonMembers, type JsonText } from '../../protocol/json/json.js';
import { publicationMembers, type PublicationOptions } from './publication-members.js';

/** A publication that clients have missed: its data, and what went with it. */
export interface MissedPublication extends PublicationOptions {
  readonly data: unknown;
}

/** Options of a list of publications that were missed. */
export interface MissedOptions {
  /** The position of the last of them: what came after it follows, and nothing comes twice. */
  readonly position?: string | undefined;
}

/**
 * All that was published to a topic since a position, in order, for `@OnGap` to return:
 * `return new MissedPublications(rows, { position: last.position })`.
 */
export class MissedPublications<Data = readonly MissedPublication[]> extends Carrier<Data> {
  constructor(
    data: Data,
    private readonly options: MissedOptions = {},
  ) {
    super(data);
  }

  override carrying<Other>(data: Other): MissedPublications<Other> {
    return new MissedPublications(data, this.options);
  }

  /** The answer as it goes over the wire. @throws {TypeError} when what it has is no list of publications. */
  members(): JsonMembers {
    if (!Array.isArray(this.data)) throw new TypeError('missed publications must be a list');
    const items = (this.data as readonly MissedPublication[]).map((item) =>
      objectText(publicationMembers(item.data, item)),
    );
    const members: JsonMembers = new Map([['publications', `[${items.join(',')}]` as JsonText]]);
    const { position } = this.options;
    return position === undefined ? members : members.set('position', toJsonText(position));
  }
}
