import { Injectable } from '@nestjs/common';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { HandshakeRefusal } from '../endpoint/admission.js';
import { Connection } from '../connection.js';
import { Connections } from '../connections.js';
import type { Denial } from '../endpoint/denial.js';
import type { Endpoint } from '../endpoint/endpoint.js';
import { Arrival } from '../entrance/arrival.js';
import { Entrance } from '../entrance/entrance.js';
import { EventFraming } from './event-framing.js';
import { type PollAnswer, PolledTransport } from './polled.transport.js';
import type { SessionRules, SessionTransport } from './session.transport.js';
import { StreamedTransport } from './streamed.transport.js';

/** Time for a client to poll again, besides that for it to be told of a close. */
const POLL_GAP_MS = 10_000;

/** The outcome of a poll. */
export type Polled = PollAnswer | 'out of order' | 'gone';

/** A request for a session over plain HTTP. */
export interface SessionRequest {
  readonly endpoint: Endpoint;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** The name that the session will have: whoever knows it may send in it. */
  readonly session: string;
  /** For a client that polls: how long the first answer may take. Absent: the answer is a stream. */
  readonly waitMs: number | undefined;
  /** Answers with a refusal. */
  readonly refuse: (refusal: HandshakeRefusal) => void;
  /** Answers the first poll. */
  readonly answer: (answer: PollAnswer) => void;
}

/** The sessions of this node over plain HTTP. */
@Injectable()
export class Streams {
  private readonly sessions = new Map<string, SessionTransport>();
  private readonly framing = new EventFraming();

  constructor(
    private readonly connections: Connections,
    private readonly entrance: Entrance,
  ) {}

  /** The number of sessions. */
  get count(): number {
    return this.sessions.size;
  }

  find(session: string): SessionTransport | undefined {
    return this.sessions.get(session);
  }

  /** Polls a session; see {@link PolledTransport.next}. */
  async poll(session: string, acknowledged: number, waitMs: number): Promise<Polled> {
    const transport = this.sessions.get(session);
    if (!(transport instanceof PolledTransport)) return 'gone';
    return (await transport.next(acknowledged, waitMs)) ?? 'out of order';
  }

  /** The last answer, if it has not been acknowledged. */
  lastAnswerOf(session: string): PollAnswer | undefined {
    const transport = this.sessions.get(session);
    return transport instanceof PolledTransport ? transport.last : undefined;
  }

  /** Ends a session whose client has said goodbye. */
  end(session: string): 'ended' | 'gone' {
    const transport = this.sessions.get(session);
    transport?.leave();
    return transport ? 'ended' : 'gone';
  }

  /** Begins a session once the entrance lets it in. */
  accept(asked: SessionRequest): void {
    this.entrance.accept(new SessionArrival(this, asked));
  }

  /** Makes a connection of what was let in. @param begin what comes of it. */
  open({ asked, address }: SessionArrival, begin: (connection: Connection) => void): void {
    const { endpoint, session } = asked;
    const transport = this.begin(asked);
    this.sessions.set(session, transport);
    const connection = new Connection(transport, endpoint, this.connections, address);
    transport.carry(connection);
    this.connections.add(connection);
    begin(connection);
  }

  private begin({ endpoint, request, response, session, waitMs, answer }: SessionRequest): SessionTransport {
    const rules: SessionRules = {
      protocol: endpoint.subProtocols[0] ?? '',
      remoteAddress: request.socket.remoteAddress,
      encoding: this.framing,
      onGone: () => this.sessions.delete(session),
    };
    if (waitMs === undefined) {
      const streamed = new StreamedTransport(response, rules);
      streamed.begin(session);
      return streamed;
    }
    const polled = new PolledTransport(POLL_GAP_MS + this.connections.settings.closeTimeoutMs, rules);
    polled.begin(session);
    void polled.next(0, waitMs)?.then(answer);
    return polled;
  }
}

/** A client that wants a session. */
class SessionArrival extends Arrival {
  readonly fault = undefined;

  constructor(
    private readonly streams: Streams,
    readonly asked: SessionRequest,
  ) {
    super(asked.endpoint, asked.request);
  }

  get what(): string {
    return `a stream at ${this.endpoint.rules.streamPath ?? ''}`;
  }

  get isGone(): boolean {
    return this.asked.response.destroyed || this.request.socket.destroyed;
  }

  waits(): void {
    // the response has listeners of its own
  }

  open(known: unknown): void {
    this.streams.open(this, (connection) => connection.opened(known, this.request));
  }

  turnAway(denial: Denial): void {
    this.streams.open(this, (connection) => this.endpoint.turnAway(connection, denial));
  }

  refuse(refusal: HandshakeRefusal): void {
    this.asked.refuse(refusal);
  }
}
