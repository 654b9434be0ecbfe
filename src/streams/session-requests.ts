import { Inject, Injectable } from '@nestjs/common';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { PublishSettings } from '../config/sections/publish.settings.js';
import { CONNECTION_SETTINGS, type ConnectionSettings } from '../connection/connection.settings.js';
import type { Endpoint } from '../connection/endpoint/endpoint.js';
import type { PollAnswer } from '../connection/stream/polled.transport.js';
import { Streams } from '../connection/stream/streams.js';
import { type BodyLimits, readBody } from '../endpoints/read-body.js';
import { SessionsAnywhere } from './sessions-anywhere.js';
import {
  answerDone,
  answerFault,
  answerPoll,
  answerRefusal,
  STREAM_FAULTS,
  type StreamFault,
} from './stream-answers.js';

const MAX_WAIT_S = 60;
const NUMBER = /^\d{1,15}$/;

/** A request is answered, or not done for a reason that is to be answered. */
type Outcome = StreamFault | undefined;

/** Does what clients over plain HTTP ask for, whatever node has their session. */
@Injectable()
export class SessionRequests {
  private readonly limits: BodyLimits;
  /** Sessions of which frames are being read and taken. */
  private readonly sending = new Set<string>();

  constructor(
    private readonly streams: Streams,
    private readonly sessions: SessionsAnywhere,
    @Inject(CONNECTION_SETTINGS) { maxFrameBytes, handshakeTimeoutMs }: ConnectionSettings,
    { maxBodyBytes }: PublishSettings,
  ) {
    // What a broker carries to another node, in Base64.
    const maxBytes = Math.min(maxFrameBytes, Math.floor((maxBodyBytes * 3) / 4));
    this.limits = { maxBytes, timeoutMs: handshakeTimeoutMs };
  }

  /** Begins a session: a stream, or with `wait` a first answer of many. */
  open(
    endpoint: Endpoint,
    request: IncomingMessage,
    response: ServerResponse,
    query: URLSearchParams,
  ): Outcome {
    const waitS = query.has('wait') ? numberIn(query, 'wait') : undefined;
    if (waitS === undefined ? query.has('wait') : waitS > MAX_WAIT_S) return STREAM_FAULTS.badRequest;
    request.resume(); // what is in it means nothing
    this.streams.accept({
      endpoint,
      request,
      response,
      session: this.sessions.newSession(),
      waitMs: waitS === undefined ? undefined : waitS * 1_000,
      refuse: (refusal) => answerRefusal(response, refusal),
      answer: (answer: PollAnswer) => answerPoll(response, answer),
    });
    return undefined;
  }

  /** Takes frames of the client, from the number `n` on. */
  async send(
    session: string,
    request: IncomingMessage,
    response: ServerResponse,
    query: URLSearchParams,
  ): Promise<Outcome> {
    const first = numberIn(query, 'n');
    const encoding = request.headers['content-encoding'] ?? 'identity';
    if (first === undefined) return STREAM_FAULTS.badRequest;
    if (encoding !== 'identity') return STREAM_FAULTS.encodingNotSpoken;
    if (!(await this.sessions.has(session))) return STREAM_FAULTS.sessionNotFound;
    if (this.sending.has(session)) return STREAM_FAULTS.tooManyWaiting;
    this.sending.add(session);
    try {
      const body = await readBody(request, this.limits);
      if (body) return await this.take(session, first, body, response);
      request.resume(); // discards the rest
      return STREAM_FAULTS.tooLarge;
    } finally {
      this.sending.delete(session);
    }
  }

  private async take(
    session: string,
    first: number,
    body: Buffer,
    response: ServerResponse,
  ): Promise<Outcome> {
    const taking = await this.sessions.take(session, first, body);
    if (taking === 'gone') return STREAM_FAULTS.sessionNotFound;
    if (taking === 'busy') return STREAM_FAULTS.tooManyWaiting;
    if (taking === 'no answer') return STREAM_FAULTS.noAnswer;
    if (taking === 'taken') answerDone(response);
    else answerFault(response, STREAM_FAULTS.outOfOrder, { expected: taking });
    return undefined;
  }

  /** Answers with what the client is sent next; `ack` is the number of the last answer that it has got. */
  async poll(
    session: string,
    request: IncomingMessage,
    response: ServerResponse,
    query: URLSearchParams,
  ): Promise<Outcome> {
    const [waitS, acknowledged] = [numberIn(query, 'wait'), numberIn(query, 'ack')];
    if (waitS === undefined || waitS > MAX_WAIT_S || acknowledged === undefined)
      return STREAM_FAULTS.badRequest;
    request.resume(); // what is in it means nothing
    const answer = await this.sessions.poll(session, acknowledged, waitS * 1_000);
    if (answer === 'gone') return STREAM_FAULTS.sessionNotFound;
    if (answer === 'out of order') return STREAM_FAULTS.outOfOrder;
    if (answer === 'no answer') return STREAM_FAULTS.noAnswer;
    answerPoll(response, answer);
    return undefined;
  }

  /** Ends a session at the client's word. */
  async end(session: string, response: ServerResponse): Promise<Outcome> {
    const outcome = await this.sessions.end(session);
    if (outcome === 'gone') return STREAM_FAULTS.sessionNotFound;
    if (outcome === 'no answer') return STREAM_FAULTS.noAnswer;
    answerDone(response);
    return undefined;
  }
}

function numberIn(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name) ?? '';
  return NUMBER.test(text) ? Number(text) : undefined;
}
