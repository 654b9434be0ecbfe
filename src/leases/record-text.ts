import { type EndReason, isEndReason } from '../protocol/end-reason.js';
import type { JsonText } from '../protocol/json/json.js';
import type { Lease } from './lease.js';

/** The content of a record. */
export interface RecordContent {
  readonly kind: string;
  /** Why it had ended when its node did; absent if it had not. */
  readonly reason: EndReason | undefined;
  readonly body: JsonText;
}

/** A record on one line: `<kind> <body>`, or `<kind>:<reason> <body>`. Line breaks in JSON are white space. */
export function recordText({ kind, endReason, subject }: Lease): string {
  const body = subject.leaseBody();
  const line = body.includes('\n') || body.includes('\r') ? body.replace(/[\n\r]/g, ' ') : body;
  return endReason === undefined ? `${kind} ${line}` : `${kind}:${endReason} ${line}`;
}

/** Reads a record. @returns nothing for what is none. */
export function recordContent(text: string): RecordContent | undefined {
  const at = text.indexOf(' ');
  const [kind = '', reason] = text.slice(0, Math.max(at, 0)).split(':');
  if (!/^[a-z]{1,20}$/.test(kind)) return undefined;
  return {
    kind,
    reason: reason !== undefined && isEndReason(reason) ? reason : undefined,
    body: text.slice(at + 1) as JsonText,
  };
}
