import { Injectable } from '@nestjs/common';
import { randomBytes } from 'node:crypto';
import { ProceduresSettings } from '../config/sections/procedures/procedures.settings.js';

const RANDOM_BYTES = 18;

/** The service secret, whose bearer may call every procedure over HTTP; a random one if none is configured. */
@Injectable()
export class ServiceSecret {
  readonly value: string;
  private readonly bytes: Buffer;

  constructor({ secret }: ProceduresSettings) {
    this.value = secret ?? randomBytes(RANDOM_BYTES).toString('base64url');
    this.bytes = Buffer.from(this.value);
  }

  /** Whether a text from the head of a request is exactly the secret. */
  is(text: string): boolean {
    return text.length === this.bytes.length && this.isIn(text);
  }

  /**
   * Whether a text from the head of a request contains the secret; Node decodes heads as one character for each byte.
   * Compares at every position, whatever has been found, so that the time depends on the lengths alone.
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
