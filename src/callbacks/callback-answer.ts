import { CallbackAnswerError } from '../protocol/errors.js';
import { JsonError, parseObject, type JsonMembers } from '../protocol/json.js';

/**
 * The members of an answer that is labelled JSON.
 * @param from where it came from, as it may be logged.
 * @throws {CallbackAnswerError} when it is not a JSON object. It has no cause, which would quote the answer.
 */
export function membersOfAnswer(bytes: Buffer, from: string): JsonMembers {
  const members = parse(bytes, from);
  if (members) return members;
  throw new CallbackAnswerError(`the answer of ${from} is not a JSON object`);
}

function parse(bytes: Buffer, from: string): JsonMembers | undefined {
  try {
    return parseObject(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    const fault = error instanceof JsonError ? error.message : 'not UTF-8';
    throw new CallbackAnswerError(`the answer of ${from} is ${fault}`);
  }
}
