import { parse as parseForm } from 'node:querystring';
import type { ProcedureArguments } from '../../procedures/arguments.js';
import { ProcedureError } from '../../procedures/procedure-errors.js';
import { BoundsError, type InputBounds, tooManyParts } from '../../protocol/json/bounds.js';
import { isObject, JsonError } from '../../protocol/json/json.js';
import { MessagePackError, parseMessagePack } from '../../protocol/json/message-pack.js';
import { parseRichJson } from '../../protocol/json/rich-json.js';
import { JSON_TYPE, mediaTypeOf } from '../../protocol/media-type.js';

const MESSAGE_PACK_TYPE = 'application/x-msgpack';
const FORM_TYPE = 'application/x-www-form-urlencoded';

/** The member of a body with the arguments by position. */
const POSITIONAL = '_args';
const OPEN_BRACE = 0x7b;

const NOTHING: ProcedureArguments = { positional: [], named: new Map() };

/** Whether a content type is that of MessagePack. */
export function isMessagePack(contentType: string | undefined): boolean {
  return mediaTypeOf(contentType) === MESSAGE_PACK_TYPE;
}

/**
 * Reads the arguments in a body: an object of JSON or MessagePack, or a form; a body of another type has none.
 * @throws {ProcedureError} (400) when it cannot be parsed or exceeds the bounds.
 */
export function argumentsOf(
  body: Buffer,
  contentType: string | undefined,
  bounds: InputBounds,
): ProcedureArguments {
  const mediaType = mediaTypeOf(contentType) || (body[0] === OPEN_BRACE ? JSON_TYPE : '');
  switch (mediaType) {
    case JSON_TYPE:
      return argumentsIn(read(() => parseRichJson(body, { bounds })));
    case MESSAGE_PACK_TYPE:
      return argumentsIn(read(() => parseMessagePack(body, bounds)));
    case FORM_TYPE:
      return argumentsIn(read(() => formOf(body, bounds)));
    default:
      return NOTHING;
  }
}

function read(parse: () => unknown): unknown {
  try {
    return parse();
  } catch (cause) {
    const isKnown =
      cause instanceof JsonError || cause instanceof MessagePackError || cause instanceof BoundsError;
    throw isKnown ? new ProcedureError(`the body is ${cause.message}`, 400, { cause }) : cause;
  }
}

/**
 * Parses a form: several values of one name make a list, and empty ones are left out.
 * @throws {BoundsError} when it has too many parts.
 */
function formOf(body: Buffer, { maxParts }: InputBounds): unknown {
  const text = body.toString();
  if (text.length > maxParts && text.split('&', maxParts + 1).length > maxParts) throw tooManyParts(maxParts);
  const form = Object.entries(parseForm(text, '&', '=', { maxKeys: 0 })).flatMap(([name, value]) => {
    const filled = [value ?? []].flat().filter((text) => text !== '');
    return filled.length === 0 ? [] : [[name, filled.length === 1 ? filled[0] : filled] as const];
  });
  const fields = Object.fromEntries(form);
  const positional = fields[POSITIONAL];
  return positional === undefined ? fields : { ...fields, [POSITIONAL]: [positional].flat() };
}

function argumentsIn(body: unknown): ProcedureArguments {
  if (!isObject(body) || Buffer.isBuffer(body)) throw new ProcedureError('the body is not an object', 400);
  const named = new Map(Object.entries(body));
  const positional = named.get(POSITIONAL) ?? [];
  named.delete(POSITIONAL);
  if (!Array.isArray(positional)) throw new ProcedureError(`${POSITIONAL} is not a list`, 400);
  return { positional, named };
}
