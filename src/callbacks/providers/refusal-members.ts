import { HttpException } from '@nestjs/common';
import { WsException } from '@nestjs/websockets';
import { CallbackAnswerError } from '../../protocol/errors.js';
import { isObject, toJsonText, type JsonMembers, type JsonText } from '../../protocol/json/json.js';
import { Refusal } from '../refusal.js';

/** Whether the client is told the text of an error: of all others it is told nothing. */
export function isForClient(error: unknown): error is Refusal | HttpException | WsException {
  return error instanceof Refusal || error instanceof HttpException || error instanceof WsException;
}

/**
 * Turns a method's error into the members that an answer over HTTP would have.
 * @param from the method, as messages name it.
 * @throws {CallbackAnswerError} when the data of a refusal cannot be JSON.
 */
export function refusalMembers(error: unknown, from: string): JsonMembers {
  const members: JsonMembers = new Map([['status', '"error"' as JsonText]]);
  if (!isForClient(error)) return members;
  const text = error instanceof HttpException ? httpExceptionText(error) : error.message;
  if (text !== '') members.set('error', toJsonText(text));
  if (error instanceof Refusal && error.data !== undefined) members.set('data', dataOf(error, from));
  return members;
}

/** The text of an exception of Nest. Its ValidationPipe gives a list of messages, or lists of them by property. */
export function httpExceptionText(error: HttpException): string {
  const response = error.getResponse();
  const messages: unknown = isObject(response) ? response.message : undefined;
  if (typeof messages !== 'object' || messages === null) return error.message;
  return Object.values(messages).flat().join('; ');
}

function dataOf({ data }: Refusal, from: string): JsonText {
  try {
    return toJsonText(data);
  } catch (cause) {
    const { message } = cause as Error;
    throw new CallbackAnswerError(`${from} refused with data that cannot be JSON: ${message}`, { cause });
  }
}
