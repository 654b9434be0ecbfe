import { Logger } from '@nestjs/common';
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import type { Connection } from '../connection/connection.js';
import type { Gateway, GatewayProtocol } from '../connection/endpoint/endpoint.js';
import { LogLine } from '../metrics/log-line.js';
import { Metrics } from '../metrics/metrics.js';
import { presenceWish } from '../presence/presence-options.js';
import { CLOSE_REASONS } from '../protocol/close-reason.js';
import type { EndReason } from '../protocol/end-reason.js';
import { CallbackError, ClientError } from '../protocol/errors.js';
import { type JsonMembers, type JsonText, valueOf } from '../protocol/json/json.js';
import { KITTIWAKE_V1 } from '../protocol/sub-protocol.js';
import { TopicCalls } from './calls/topic-calls.js';
import {
  type ClientEvent,
  decodeClientEvent,
  INVALID,
  isPing,
  mayBeMessage,
  NOT_JSON,
  UNKNOWN,
} from '../events/client-event.js';
import { Reply } from '../events/reply.js';
import type { Session } from './session/session.js';
import { Sessions } from './sessions.js';
import { TopicBatch } from './topic-batch.js';
import { TOPIC_ERRORS } from './topic-errors.js';
import type { TopicInterest } from './session/topic-subscription.js';
import { TopicSubscriptions } from './topic-subscriptions.js';

const MAX_PONG_LENGTH = 128;
const NULL = 'null' as JsonText;
const FALSE = 'false' as JsonText;

/** An event about a subscription. */
interface TopicEvent {
  readonly session: Session;
  /** Whatever the client gave for it; the domain tells what is a topic. */
  readonly topic: string;
  /** The extra fields in force. */
  readonly extra: JsonMembers;
  readonly members: JsonMembers;
  readonly reply: Reply;
}

type HandleTopic = (event: TopicEvent) => Promise<void>;

/** SocketShark's client protocol: reads events, calls the domain, answers. */
@WebSocketGateway()
export class TopicsGateway implements Gateway {
  readonly protocol: GatewayProtocol = {
    decode: decodeClientEvent,
    otherwise: UNKNOWN,
    overtakes: isPing,
    outlivesClient: mayBeMessage,
    prescribedCodes: new Map([
      [CLOSE_REASONS.defect, 1000],
      [CLOSE_REASONS.reconnect, 1000],
      [CLOSE_REASONS.unresponsive, 1000],
      [CLOSE_REASONS.disconnected, 1000],
      [CLOSE_REASONS.replaced, 1000],
      [CLOSE_REASONS.notAuthenticated, 4401],
      [CLOSE_REASONS.tooManyFailures, 4401],
    ]),
  };
  private readonly logger = new Logger('Topics');

  constructor(
    private readonly sessions: Sessions,
    private readonly subscriptions: TopicSubscriptions,
    private readonly calls: TopicCalls,
    private readonly metrics: Metrics,
  ) {}

  handleConnection(connection: Connection): void {
    this.sessions.begin(connection);
  }

  handleDisconnect(connection: Connection, reason: EndReason): void {
    this.sessions.end(connection, reason);
  }

  @SubscribeMessage('ping')
  ping(connection: Connection, event: ClientEvent): void {
    const { data } = event.value;
    const reply = new Reply(connection, { event: event.name, id: event.members.get('id') });
    reply.pong(typeof data === 'string' ? firstCodePoints(data, MAX_PONG_LENGTH) : null);
    this.metrics.eventHandled('ping', 'success');
  }

  @SubscribeMessage('auth')
  async auth(connection: Connection, event: ClientEvent): Promise<void> {
    const reply = new Reply(connection, { event: event.name, id: event.members.get('id') });
    const session = this.sessions.of(connection);
    const error = await this.answer(connection, event.name, reply, async () => {
      const { expiresAtMs } = await this.sessions.authenticate(session, event);
      reply.authenticated(expiresAtMs);
    });
    this.sessions.refused(session, error);
  }

  @SubscribeMessage('subscribe')
  subscribe(connection: Connection, event: ClientEvent): Promise<unknown> {
    return this.aboutTopics(connection, event, ({ session, topic, extra, members, reply }) => {
      const wishes = wishesOf(connection, event, members);
      const absent = wishes.presence && FALSE; // the topic has none, or shows none
      return this.subscriptions.subscribe(session, { topic, extra, ...wishes }, (data, recovery, presence) =>
        reply.subscribed(data, recovery, presence ?? absent),
      );
    });
  }

  @SubscribeMessage('message')
  message(connection: Connection, event: ClientEvent): Promise<void> {
    return this.aboutTopic(connection, event, async ({ session, topic, members, reply }) => {
      const answer = await this.subscriptions.message(session, topic, members.get('data') ?? NULL);
      if (answer.has('data') || reply.hasId) reply.ok(answer.get('data'));
    });
  }

  @SubscribeMessage('unsubscribe')
  unsubscribe(connection: Connection, event: ClientEvent): Promise<unknown> {
    return this.aboutTopics(connection, event, ({ session, topic, reply }) =>
      this.subscriptions.unsubscribe(session, topic, (data) => reply.ok(data)),
    );
  }

  @SubscribeMessage('call')
  call(connection: Connection, event: ClientEvent): void {
    if (this.calls.areFor(connection)) this.calls.begin(this.sessions.of(connection), event);
    else this.unknown(connection, event);
  }

  @SubscribeMessage('cancel')
  cancel(connection: Connection, event: ClientEvent): void {
    if (this.calls.areFor(connection)) this.calls.cancel(this.sessions.of(connection), event);
    else this.unknown(connection, event);
  }

  @SubscribeMessage(UNKNOWN)
  unknown(connection: Connection, event: ClientEvent): void {
    const reply = new Reply(connection, { event: event.name, id: event.members.get('id') });
    reply.error(TOPIC_ERRORS.eventNotFound());
    this.metrics.eventHandled(UNKNOWN, 'error');
  }

  @SubscribeMessage(INVALID)
  invalid(connection: Connection): void {
    this.notJson(connection);
    this.metrics.eventHandled(INVALID, 'error');
  }

  @SubscribeMessage(NOT_JSON)
  notJson(connection: Connection): void {
    new Reply(connection, {}).error(TOPIC_ERRORS.invalidEvent());
  }

  /** From clients of `kittiwake.v1.json`, an event may be about several topics, of which each gets its reply. */
  private aboutTopics(connection: Connection, event: ClientEvent, handle: HandleTopic): Promise<unknown> {
    if (!TopicBatch.isOne(event) || connection.subProtocol !== KITTIWAKE_V1)
      return this.aboutTopic(connection, event, handle);
    const reply = new Reply(connection, { event: event.name, id: event.members.get('id') });
    const refusal = TopicBatch.refusalOf(event, this.subscriptions.maxTopicsPerEvent);
    if (refusal) return this.answer(connection, event.name, reply, () => Promise.reject(refusal));
    return new TopicBatch(event).handle(connection, (one) =>
      this.aboutTopic(
        connection,
        one.event,
        one.isRepeated ? ({ topic }) => this.subscriptions.refuseRepeated(topic) : handle,
      ),
    );
  }

  private async aboutTopic(connection: Connection, event: ClientEvent, handle: HandleTopic): Promise<void> {
    const { name, members, subscription } = event;
    const session = this.sessions.of(connection);
    const topic = event.value.subscription as string;
    const extra = this.subscriptions.extraOf(session, event);
    const reply = new Reply(connection, { event: name, subscription, extra, id: members.get('id') });
    await this.answer(connection, name, reply, () =>
      handle({ session, topic, extra: extra ?? new Map(), members, reply }),
    );
  }

  /** @returns the error that the client was told, if one was. */
  private async answer(
    connection: Connection,
    event: string,
    reply: Reply,
    handle: () => Promise<unknown>,
  ): Promise<unknown> {
    try {
      await handle();
      this.metrics.eventHandled(event, 'success');
      return undefined;
    } catch (error) {
      this.metrics.eventHandled(event, 'error');
      reply.error(error);
      if (error instanceof ClientError || error instanceof CallbackError || isAbort(error)) return error;
      this.logger.error(LogLine.fault(connection, error));
      connection.close(CLOSE_REASONS.defect);
      return error;
    }
  }
}

/** Wishes for clients of `kittiwake.v1.json` alone. @param members those of one topic, if the event has several. */
function wishesOf(
  { subProtocol }: Connection,
  { value }: ClientEvent,
  members: JsonMembers,
): Pick<TopicInterest, 'reportsDrops' | 'recovers' | 'since' | 'presence'> {
  if (subProtocol !== KITTIWAKE_V1) return { reportsDrops: false, recovers: false };
  const position = members.get('position');
  const since: unknown = position === undefined || position === NULL ? undefined : valueOf(position);
  return {
    reportsDrops: value.report_drops === true,
    recovers: value.recover === true || since !== undefined,
    since,
    presence: presenceWish(value.presence),
  };
}

/** The client is gone, and what it waited for was called off. */
function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError';
}

function firstCodePoints(text: string, count: number): string {
  if (text.length <= count) return text;
  const points = Array.from(text.slice(0, 2 * count));
  return points.slice(0, count).join('');
}
