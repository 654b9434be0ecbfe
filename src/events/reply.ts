import type { Connection } from '../connection/connection.js';
import type { LossReason } from '../history/channel-log.js';
import { CallbackError, ClientError } from '../protocol/errors.js';
import { expiresIn } from '../protocol/expires-in.js';
import { isFalsy, objectText, toJsonText, type JsonMembers, type JsonText } from '../protocol/json/json.js';
import type { Position } from '../protocol/position.js';
import { KITTIWAKE_V1 } from '../protocol/sub-protocol.js';
import { SERVICE_UNAVAILABLE, UNHANDLED_EXCEPTION } from './event-errors.js';

/** The members of a client's event that its replies repeat. */
export interface ReplyContext {
  /** The name of the event; absent for a frame that is not an event. */
  readonly event?: string | undefined;
  /** The number of what it is about, as JSON. */
  readonly ref?: JsonText | undefined;
  /** As it was given. */
  readonly subscription?: JsonText | undefined;
  /** The extra fields in force. */
  readonly extra?: JsonMembers | undefined;
  /** The `id` that the client gave the event; only clients of `kittiwake.v1.json` get it back. */
  readonly id?: JsonText | undefined;
}

/** The part of the reply to a subscription for a client that follows positions. */
export interface RecoveryReply {
  /** Whether it gets all that it has missed; absent for one that has not come back. */
  readonly recovered?: boolean;
  /** Why it does not. */
  readonly reason?: LossReason | undefined;
  /** Its position; absent when what it has missed is still to come. */
  readonly position?: Position | undefined;
}

/** The answers to one event of a client. Clients without our sub-protocol get exactly SocketShark's members. */
export class Reply {
  constructor(
    private readonly connection: Connection,
    private readonly context: ReplyContext,
  ) {}

  /** Whether the client can tell which event this answers. */
  get hasId(): boolean {
    return this.isExtended && this.context.id !== undefined;
  }

  /** Success; null data is left out. */
  ok(data?: JsonText): void {
    const frame = this.frame();
    frame.set('status', '"ok"' as JsonText);
    if (data !== undefined && data !== 'null') frame.set('data', data);
    this.send(frame);
  }

  /** Success of a subscription, where it stands in the history, and who is present, if the client wants to know. */
  subscribed(
    data: JsonText | undefined,
    recovery: RecoveryReply | undefined,
    presence: JsonText | undefined,
  ): void {
    const frame = this.frame();
    frame.set('status', '"ok"' as JsonText);
    if (recovery?.recovered !== undefined) frame.set('recovered', toJsonText(recovery.recovered));
    if (recovery?.reason !== undefined) frame.set('reason', toJsonText(recovery.reason));
    if (data !== undefined && data !== 'null') frame.set('data', data);
    if (recovery?.position) frame.set('position', toJsonText(recovery.position.toString()));
    if (presence !== undefined) frame.set('presence', presence);
    this.send(frame);
  }

  /** Success of an authentication, with the seconds until it expires for clients of `kittiwake.v1.json`. */
  authenticated(expiresAtMs: number | undefined): void {
    const frame = this.frame();
    frame.set('status', '"ok"' as JsonText);
    const expiresInS = this.isExtended ? expiresIn(expiresAtMs) : undefined;
    if (expiresInS !== undefined) frame.set('expires_in', toJsonText(expiresInS));
    this.send(frame);
  }

  /** One of several results of a call. */
  more(result: JsonText): void {
    const frame = this.frame();
    frame.set('status', '"ok"' as JsonText);
    frame.set('data', result);
    frame.set('more', 'true' as JsonText);
    this.send(frame);
  }

  /** The only result of a call, or the last; null is sent where it is a result. */
  last(result: JsonText | undefined): void {
    const frame = this.frame();
    frame.set('status', '"ok"' as JsonText);
    if (result !== undefined) frame.set('data', result);
    this.send(frame);
  }

  /** A kept call is watched from a position on. */
  watching(call: string, position: JsonText): void {
    const frame = this.frame();
    frame.set('status', '"ok"' as JsonText);
    frame.set('call', toJsonText(call));
    frame.set('position', position);
    frame.set('more', 'true' as JsonText);
    this.send(frame);
  }

  /** A result of a kept call, or its end, and where to go on from. */
  kept(result: JsonText | undefined, position: JsonText, isLast: boolean): void {
    const frame = this.frame();
    frame.set('status', '"ok"' as JsonText);
    if (result !== undefined) frame.set('data', result);
    frame.set('position', position);
    if (!isLast) frame.set('more', 'true' as JsonText);
    this.send(frame);
  }

  /** The refusal or failure of the event. */
  error(error: unknown): void {
    const refusal = asRefusal(error);
    this.connection.refused(this.context.event ?? 'a frame', refusal.code, error);
    const frame = this.frame();
    frame.set('status', '"error"' as JsonText);
    frame.set('error', refusal.error);
    if (refusal.data !== undefined && !isFalsy(refusal.data)) frame.set('data', refusal.data);
    if (this.isExtended) addCode(frame, refusal);
    this.send(frame);
  }

  /** The end of a subscription that the client did not ask for: an `unsubscribe` event without `status`. */
  ended(error: unknown, data: JsonText | undefined): void {
    const refusal = asRefusal(error);
    this.connection.refused('a subscription', refusal.code, error);
    const frame = this.frame();
    frame.set('error', refusal.error);
    if (data !== undefined && data !== 'null') frame.set('data', data);
    if (this.isExtended) frame.set('code', toJsonText(refusal.code));
    this.send(frame);
  }

  /** The answer to a ping. */
  pong(data: string | null): void {
    this.send(
      new Map([
        ['event', '"pong"' as JsonText],
        ['data', toJsonText(data)],
      ]),
    );
  }

  private get isExtended(): boolean {
    return this.connection.subProtocol === KITTIWAKE_V1;
  }

  /** Extra fields first: a field that is named like a member of the protocol must not replace it. */
  private frame(): JsonMembers {
    const frame: JsonMembers = new Map(this.context.extra);
    if (this.context.event !== undefined) frame.set('event', toJsonText(this.context.event));
    if (this.context.ref !== undefined) frame.set('ref', this.context.ref);
    if (this.context.subscription !== undefined) frame.set('subscription', this.context.subscription);
    return frame;
  }

  private send(frame: JsonMembers): void {
    if (this.hasId) frame.set('id', this.context.id!);
    this.connection.sendText(objectText(frame));
  }
}

/** With the whole seconds after which asking again makes sense, where that is known. */
function addCode(frame: JsonMembers, { code, retryAfterMs }: ClientError): void {
  frame.set('code', toJsonText(code));
  if (retryAfterMs !== undefined) frame.set('retry_after', toJsonText(Math.ceil(retryAfterMs / 1000)));
}

/** The refusal that a client is told; of an error that is not meant for it, it learns nothing but the kind. */
function asRefusal(error: unknown): ClientError {
  if (error instanceof ClientError) return error;
  if (!(error instanceof CallbackError))
    return new ClientError(UNHANDLED_EXCEPTION.code, UNHANDLED_EXCEPTION.text);
  const { retryAfterMs } = error;
  return new ClientError(SERVICE_UNAVAILABLE.code, SERVICE_UNAVAILABLE.text, { retryAfterMs });
}
