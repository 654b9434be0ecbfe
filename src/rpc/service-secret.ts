import { Injectable } from '@nestjs/common';
import { randomBytes } from 'node:crypto';
import { Settings } from '../config/settings.js';

const RANDOM_BYTES = 18;

/** The service secret: whoever shows it over HTTP may call every procedure. Without a configured one, a new one. */
@Injectable()
export class ServiceSecret {
  readonly value: string;
  private readonly bytes: Buffer;

  constructor({ procedures }: Settings) {
    this.value = procedures?.secret ?? randomBytes(RANDOM_BYTES).toString('base64url');
    this.bytes = Buffer.from(this.value);
  }

  /** Whether a text of a request's header is the secret and nothing else. */
  is(text: string): boolean {
    return text.length === this.bytes.length && this.isIn(text);
  }

  /**
   * Whether the secret is anywhere in a text of a request's header, which Node gives one character for each byte.
   * Every byte of it is compared with every place that it could be at, whatever has been found: how long that takes
   * depends on the lengths alone.
   */
  isIn(text: string): boolean {
    const { bytes } = this;
    let found = 0;
    for (let start = 0; start + bytes.length <= text.length; start++) {
      let difference = 0;
      for (let at = 0; at < bytes.length; at++) difference |= text.charCodeAt(start + at) ^ bytes[at]!;
      found |= Number(difference === 0);
    }
    return found === 1;
  }
}
