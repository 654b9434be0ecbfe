import type { DecodedFrame } from '../../connection/endpoint/endpoint.js';
import type { ProcedureArguments } from '../../procedures/arguments.js';
import type { InputBounds } from '../../protocol/json/bounds.js';
import { JsonDocument } from '../../protocol/json/json-document.js';
import { isObject, JsonError, type JsonMembers, type JsonText, valueOf } from '../../protocol/json/json.js';
import { richValueOf } from '../../protocol/json/rich-json.js';

/** The names of the handlers of frames: calls, cancellations and all others. */
export const CALL = 'function_name';
export const CANCEL = 'cancel';
/** Of kept calls: to watch one, and to end one; each has its id. */
export const WATCH = 'call';
export const CANCEL_KEPT = 'cancel_call';
export const INVALID_CALL = 'invalid';

/** Named like the member that tells them from the others. */
const OTHERS = [CANCEL, WATCH, CANCEL_KEPT];

const NULL = 'null' as JsonText;

/** A frame of a client that calls procedures. */
export class RpcFrame {
  constructor(
    /** The procedure; only calls have one. */
    readonly name: string,
    readonly members: JsonMembers,
    readonly bytes: number,
  ) {}

  /** The client's identifier of a call, as the JSON text that it sent; `null` without one. */
  get marker(): JsonText {
    return this.members.get('marker') ?? NULL;
  }

  /** The value of a member, if there is one. */
  valueOf(name: string): unknown {
    const text = this.members.get(name);
    return text === undefined ? undefined : valueOf(text);
  }

  /** Whether it has the members of a call of Shirow; with `kittiwake.v1.json` the parameters are optional. */
  isWhole(isExtended: boolean): boolean {
    return this.members.has('marker') && (isExtended || this.members.has('parameters_list'));
  }

  /**
   * The arguments: the list `parameters_list`, and with `kittiwake.v1.json` also the object `parameters`, by name, and
   * bytes as `{"__base64__": …}`. `undefined` when the members are of another type.
   */
  arguments(isExtended: boolean): ProcedureArguments | undefined {
    const argument = (name: string, absent: unknown): unknown => {
      const text = this.members.get(name);
      return text === undefined ? absent : richValueOf(text, { bytes: isExtended });
    };
    const positional = argument('parameters_list', []);
    const named = isExtended ? argument('parameters', {}) : {};
    if (!Array.isArray(positional) || !isObject(named)) return undefined;
    return { positional, named: new Map(Object.entries(named)) };
  }
}

/** Parses a frame, text or binary, as JSON in UTF-8. Anything that is no call or cancellation is {@link INVALID_CALL}. */
export function decodeRpcFrame(frame: Buffer, bounds?: InputBounds): DecodedFrame {
  try {
    const { value, members } = JsonDocument.read(frame, bounds && { bounds });
    if (!isObject(value) || !members) return invalid(new Map(), frame);
    const { function_name: name } = value;
    if (typeof name === 'string')
      return { handler: CALL, payload: new RpcFrame(name, members, frame.length) };
    const handler = OTHERS.find((member) => members.has(member)) ?? INVALID_CALL;
    return { handler, payload: new RpcFrame('', members, frame.length) };
  } catch (error) {
    if (error instanceof JsonError) return invalid(new Map(), frame);
    throw error;
  }
}

function invalid(members: JsonMembers, frame: Buffer): DecodedFrame {
  return { handler: INVALID_CALL, payload: new RpcFrame('', members, frame.length) };
}
