/** A larger head than undici takes is left for it to refuse. */
const MAX_HEAD_BYTES = 16_384;
const NOTHING = Buffer.alloc(0);
const CONTINUE = 'HTTP/1.1 100';
const SWITCHING_PROTOCOLS = 'HTTP/1.1 101';
const INTERIM = /^HTTP\/1\.1 1\d\d$/;
const END = '\r\n\r\n';

/**
 * Takes the interim answers (RFC 9110 section 15.2) out of what comes over a connection before an answer: an app, or a
 * proxy before it, may send them unasked, and undici ends a connection on which `100 Continue` comes. 101 stays.
 */
export class InterimHeads {
  private isBeforeAnswer = false;
  private held: Buffer = NOTHING;

  /** Called when a request is sent: interim answers may come next. */
  begin(): void {
    this.isBeforeAnswer = true;
  }

  /** @returns the rest of a chunk; `undefined` when there is none yet. */
  strip(chunk: Buffer): Buffer | undefined {
    if (!this.isBeforeAnswer) return chunk;
    let rest = this.held.length === 0 ? chunk : Buffer.concat([this.held, chunk]);
    this.held = NOTHING;
    while (rest.length > 0) {
      const end = mayBeInterim(rest) ? rest.indexOf(END) : undefined;
      if (end === undefined || (end === -1 && rest.length > MAX_HEAD_BYTES)) {
        this.isBeforeAnswer = false;
        return rest;
      }
      if (end === -1) {
        this.held = rest;
        return undefined;
      }
      rest = rest.subarray(end + END.length);
    }
    return undefined;
  }
}

/** Whether a head, which may be incomplete, begins like an interim answer. */
function mayBeInterim(head: Buffer): boolean {
  const start = head.toString('latin1', 0, CONTINUE.length);
  return start !== SWITCHING_PROTOCOLS && INTERIM.test(start + CONTINUE.slice(start.length));
}
