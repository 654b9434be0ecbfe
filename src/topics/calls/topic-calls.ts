import { Injectable } from '@nestjs/common';
import { isConfigured } from '../../config/configured.js';
import { LimitsSettings } from '../../config/sections/limits.settings.js';
import { ProceduresSettings } from '../../config/sections/procedures/procedures.settings.js';
import type { Connection } from '../../connection/connection.js';
import { Metrics } from '../../metrics/metrics.js';
import type { ProcedureArguments } from '../../procedures/arguments.js';
import { OpenCalls } from '../../procedures/open/open-calls.js';
import { KEPT_ERRORS } from '../../procedures/kept/record/kept-errors.js';
import { PROCEDURE_ERRORS } from '../../procedures/procedure-errors.js';
import { ClientError } from '../../protocol/errors.js';
import { isIdempotencyKey } from '../../protocol/idempotency-key.js';
import { canonicalJson } from '../../protocol/json/canonical-json.js';
import { isObject, type JsonText } from '../../protocol/json/json.js';
import { richValueOf } from '../../protocol/json/rich-json.js';
import { KITTIWAKE_V1 } from '../../protocol/sub-protocol.js';
import type { ClientEvent } from '../../events/client-event.js';
import { Reply } from '../../events/reply.js';
import type { Session } from '../session/session.js';
import { TOPIC_ERRORS } from '../topic-errors.js';
import { TopicCallReply } from './topic-call-reply.js';

/** Calls of procedures by clients that are connected for topics, so that one connection serves all. */
@Injectable()
export class TopicCalls {
  private readonly maxResultBytes: number;

  constructor(
    private readonly calls: OpenCalls,
    private readonly procedures: ProceduresSettings,
    { outboxBytes }: LimitsSettings,
    private readonly metrics: Metrics,
  ) {
    // A client that reads a result must not be closed as too slow for a publication that comes meanwhile.
    this.maxResultBytes = outboxBytes / 2;
  }

  /** Whether the client of a connection may call; SocketShark knows no such event. */
  areFor(connection: Connection): boolean {
    return isConfigured(this.procedures) && connection.subProtocol === KITTIWAKE_V1;
  }

  /**
   * `{"event": "call", "id": …, "procedure": …, "params": […] or {…}}`, or, to watch a kept call,
   * `{"event": "call", "id": …, "call": …, "position": …}`.
   */
  begin({ connection, identity }: Session, event: ClientEvent): void {
    const id = event.members.get('id');
    const reply = new Reply(connection, { event: event.name, id });
    this.orRefuse(event, reply, () => {
      if (id === undefined) throw TOPIC_ERRORS.idMissing();
      const {
        procedure,
        call: watched,
        position,
        idempotency_key: idempotencyKey,
        traceparent,
      } = event.value;
      if (watched === undefined && typeof procedure !== 'string') throw TOPIC_ERRORS.procedureMissing();
      if (idempotencyKey !== undefined && !isIdempotencyKey(idempotencyKey)) throw KEPT_ERRORS.invalidKey();
      const call = {
        name: typeof procedure === 'string' ? procedure : '',
        given: argumentsOf(event.members.get('params')),
        idempotencyKey,
        traceparent: typeof traceparent === 'string' ? traceparent : undefined,
        watched: watched === undefined ? undefined : { call: watched, position },
        identity,
        key: canonicalJson(id),
        frameBytes: event.bytes,
        reply: new TopicCallReply(connection, reply),
      };
      this.calls.begin(connection, call, this.maxResultBytes);
    });
  }

  /**
   * `{"event": "cancel", "id": …}`: ends the call of this id, which is then told that it was cancelled; one that is kept goes on
   * unwatched. `{"event": "cancel", "call": …}` ends a kept call.
   */
  cancel(session: Session, event: ClientEvent): void {
    if (event.value.call === undefined) this.cancelOwn(session, event);
    else void this.cancelKept(session, event);
  }

  private async cancelKept({ connection, identity }: Session, event: ClientEvent): Promise<void> {
    const reply = new Reply(connection, { event: event.name, id: event.members.get('id') });
    try {
      await this.calls.end(event.value.call, identity);
      reply.ok();
      this.metrics.eventHandled(event.name, 'success');
    } catch (error) {
      this.metrics.eventHandled(event.name, 'error');
      if (connection.isOpen) reply.error(error);
    }
  }

  private cancelOwn({ connection }: Session, event: ClientEvent): void {
    const id = event.members.get('id');
    const reply = new Reply(connection, { event: event.name, id });
    this.orRefuse(event, reply, () => {
      if (id === undefined) throw TOPIC_ERRORS.idMissing();
      if (!this.calls.cancel(connection, canonicalJson(id))) throw PROCEDURE_ERRORS.callNotFound();
      reply.ok();
      this.metrics.eventHandled(event.name, 'success');
    });
  }

  private orRefuse(event: ClientEvent, reply: Reply, handle: () => void): void {
    try {
      handle();
    } catch (error) {
      if (!(error instanceof ClientError)) throw error;
      this.metrics.eventHandled(event.name, 'error');
      reply.error(error);
    }
  }
}

/** The arguments by position or by name; nothing when they are neither. */
function argumentsOf(params: JsonText | undefined): ProcedureArguments | undefined {
  const value = params === undefined ? [] : richValueOf(params);
  if (Array.isArray(value)) return { positional: value, named: new Map() };
  return isObject(value) ? { positional: [], named: new Map(Object.entries(value)) } : undefined;
}
