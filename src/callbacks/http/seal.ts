import { createHash, createHmac, randomUUID } from 'node:crypto';
import type { CallbacksSettings } from '../../config/sections/callbacks.settings.js';
import { signingBytesOf } from '../../config/kinds/text-format.js';

/** The headers of one try, made when it is sent: its time is part of what is signed. */
export type Stamp = () => Readonly<Record<string, string>>;

/** A secret, and the name by which both sides can tell it from others without telling it. */
interface Secret {
  readonly bytes: Buffer;
  readonly id: string;
}

const ID_CHARACTERS = 8;

/**
 * Gives requests to the app an id that stays the same over all tries, and signs them as Standard Webhooks has it: with
 * every secret, so that the app can go from one to the next.
 */
export class Seal {
  private readonly secrets: readonly Secret[];
  private readonly keyIds: string;

  private constructor(secrets: readonly string[]) {
    this.secrets = secrets.map(secretOf);
    this.keyIds = this.secrets.map(({ id }) => id).join(' ');
  }

  /** @returns nothing when requests have neither. */
  static of({ signingSecrets, sendIds }: CallbacksSettings): Seal | undefined {
    return signingSecrets.length > 0 || sendIds ? new Seal(signingSecrets) : undefined;
  }

  /** @param eventId what the request is about, the same whenever that is told again. Default: a new one. */
  stamp(eventId: string = randomUUID(), body = ''): Stamp {
    // The id is followed by a dot in what is signed, and the name of a host, which has some, can be a part of it.
    const id = eventId.replaceAll('.', '-');
    return () => ({ 'webhook-id': id, ...(this.secrets.length > 0 && this.signed(id, body)) });
  }

  private signed(id: string, body: string): Readonly<Record<string, string>> {
    const timestamp = String(Math.floor(Date.now() / 1000));
    const signatures = this.secrets.map(
      ({ bytes }) =>
        `v1,${createHmac('sha256', bytes).update(`${id}.${timestamp}.${body}`).digest('base64')}`,
    );
    return {
      'webhook-timestamp': timestamp,
      'webhook-signature': signatures.join(' '),
      'kittiwake-key-ids': this.keyIds,
    };
  }
}

function secretOf(text: string): Secret {
  return { bytes: signingBytesOf(text), id: keyIdOf(text) };
}

/** The id of a secret: the beginning of the SHA-256 of its bytes, in hexadecimal. */
export function keyIdOf(secret: string): string {
  return createHash('sha256').update(signingBytesOf(secret)).digest('hex').slice(0, ID_CHARACTERS);
}
