import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import type { Authenticated } from '../../auth/authenticated.js';
import type { Connection } from '../../connection/connection.js';
import type { Gateway, GatewayProtocol } from '../../connection/endpoint/endpoint.js';
import { Metrics } from '../../metrics/metrics.js';
import { callRefusal } from '../../procedures/calls/call-refusal.js';
import { KEPT_ERRORS } from '../../procedures/kept/record/kept-errors.js';
import { OpenCalls } from '../../procedures/open/open-calls.js';
import { PROCEDURE_ERRORS } from '../../procedures/procedure-errors.js';
import { isIdempotencyKey } from '../../protocol/idempotency-key.js';
import { canonicalJson } from '../../protocol/json/canonical-json.js';
import { KITTIWAKE_V1 } from '../../protocol/sub-protocol.js';
import { RpcHandshake } from '../handshake.js';
import { RPC_ERRORS } from './errors.js';
import { CALL, CANCEL, CANCEL_KEPT, decodeRpcFrame, INVALID_CALL, type RpcFrame, WATCH } from './frame.js';
import { RpcReply } from './reply.js';
import { RpcSessions } from './sessions.js';

/** Handles the frames of Shirow's client protocol, and of its extension `kittiwake.v1.json`. */
@WebSocketGateway()
export class RpcGateway implements Gateway {
  readonly protocol: GatewayProtocol;

  constructor(
    handshake: RpcHandshake,
    private readonly sessions: RpcSessions,
    private readonly calls: OpenCalls,
    private readonly metrics: Metrics,
  ) {
    this.protocol = { decode: decodeRpcFrame, isEager: true, admit: (request) => handshake.admit(request) };
  }

  handleConnection(connection: Connection, authenticated: Authenticated): void {
    this.sessions.begin(connection, authenticated);
  }

  handleDisconnect(connection: Connection): void {
    this.sessions.end(connection);
  }

  /** Starts a call and returns at once: calls run concurrently. */
  @SubscribeMessage(CALL)
  call(connection: Connection, frame: RpcFrame): void {
    const isExtended = connection.subProtocol === KITTIWAKE_V1;
    if (!frame.isWhole(isExtended)) {
      this.invalid(connection, frame);
      return;
    }
    const idempotencyKey = isExtended ? frame.valueOf('idempotency_key') : undefined;
    if (idempotencyKey !== undefined && !isIdempotencyKey(idempotencyKey)) {
      new RpcReply(connection, frame.marker).failed(KEPT_ERRORS.invalidKey());
      return;
    }
    const traceparent = isExtended ? frame.valueOf('traceparent') : undefined;
    this.calls.begin(connection, {
      name: frame.name,
      given: frame.arguments(isExtended),
      idempotencyKey,
      traceparent: typeof traceparent === 'string' ? traceparent : undefined,
      identity: this.sessions.identityOf(connection),
      key: isExtended ? canonicalJson(frame.marker) : undefined,
      frameBytes: frame.bytes,
      reply: new RpcReply(connection, frame.marker),
    });
  }

  /** Handles `{"cancel": <marker>}`: the last frame of the call is the error `call_cancelled`. */
  @SubscribeMessage(CANCEL)
  cancel(connection: Connection, frame: RpcFrame): void {
    if (connection.subProtocol !== KITTIWAKE_V1) {
      this.invalid(connection, frame);
      return;
    }
    const marker = frame.members.get(CANCEL)!;
    const isFound = this.calls.cancel(connection, canonicalJson(marker));
    this.metrics.eventHandled(CANCEL, isFound ? 'success' : 'error');
    if (!isFound) new RpcReply(connection, marker).failed(PROCEDURE_ERRORS.callNotFound());
  }

  /** Handles `{"call": …, "position": …, "marker": …}`: has the client watch a kept call. */
  @SubscribeMessage(WATCH)
  watch(connection: Connection, frame: RpcFrame): void {
    if (connection.subProtocol !== KITTIWAKE_V1 || !frame.isWhole(true)) {
      this.invalid(connection, frame);
      return;
    }
    this.calls.begin(connection, {
      name: '',
      given: undefined,
      watched: { call: frame.valueOf(WATCH), position: frame.valueOf('position') },
      identity: this.sessions.identityOf(connection),
      key: canonicalJson(frame.marker),
      frameBytes: frame.bytes,
      reply: new RpcReply(connection, frame.marker),
    });
  }

  /** Handles `{"cancel_call": …, "marker": …}`: ends a kept call for all who watch it. */
  @SubscribeMessage(CANCEL_KEPT)
  cancelKept(connection: Connection, frame: RpcFrame): void {
    if (connection.subProtocol === KITTIWAKE_V1 && frame.isWhole(true))
      void this.endKept(connection, frame, new RpcReply(connection, frame.marker));
    else this.invalid(connection, frame);
  }

  private async endKept(connection: Connection, frame: RpcFrame, reply: RpcReply): Promise<void> {
    try {
      await this.calls.end(frame.valueOf(CANCEL_KEPT), this.sessions.identityOf(connection));
      if (connection.isOpen) reply.returned(undefined);
      this.metrics.eventHandled(CANCEL, 'success');
    } catch (error) {
      if (connection.isOpen) reply.failed(callRefusal('', error));
      this.metrics.eventHandled(CANCEL, 'error');
    }
  }

  @SubscribeMessage(INVALID_CALL)
  invalid(connection: Connection, frame: RpcFrame): void {
    this.metrics.eventHandled(INVALID_CALL, 'error');
    new RpcReply(connection, frame.marker).failed(RPC_ERRORS.invalidFrame());
  }
}
