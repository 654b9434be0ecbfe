import { CallbackAnswerError } from '../../protocol/errors.js';
import { JsonDocument } from '../../protocol/json/json-document.js';
import { JsonError, valueOf, type JsonMembers } from '../../protocol/json/json.js';
import { withoutByteOrderMark } from './without-byte-order-mark.js';

/** The number of members that an error names of an answer without status. */
const MAX_NAMES = 10;

/**
 * The members of an answer that is labelled JSON.
 * @param from where it came from, as it may be logged.
 * @throws {CallbackAnswerError} when it is not a JSON object; the answer is not quoted.
 */
export function membersOfAnswer(bytes: Buffer, from: string): JsonMembers {
  const members = parse(bytes, from);
  if (members) return members;
  throw new CallbackAnswerError(`the answer of ${from} is not a JSON object`);
}

/** Whether an answer says yes: its `status` is "ok", with or without JSON escapes. All else is a refusal. */
export function isOk(answer: JsonMembers): boolean {
  const status = answer.get('status');
  return status !== undefined && valueOf(status) === 'ok';
}

/** The reason why an answer is no yes, in words that quote no secrets. */
export function whyNotOk(answer: JsonMembers): string {
  const status = answer.get('status');
  if (status === undefined) {
    const names = [...answer.keys()].slice(0, MAX_NAMES).join(', ');
    return `its answer has no status, but ${names === '' ? 'no members at all' : names}`;
  }
  const value = valueOf(status);
  const isWord = typeof value === 'string' && /^\w{1,32}$/.test(value);
  return `the status of its answer is ${isWord ? `"${value}"` : 'another value'} and not "ok"`;
}

function parse(bytes: Buffer, from: string): JsonMembers | undefined {
  try {
    return JsonDocument.read(withoutByteOrderMark(bytes)).members;
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    throw new CallbackAnswerError(`the answer of ${from} is ${error.message}`);
  }
}
