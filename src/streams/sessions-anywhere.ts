import { Injectable } from '@nestjs/common';
import { Cluster } from '../cluster/cluster.js';
import { BrokerSettings } from '../config/sections/broker/broker.settings.js';
import type { Taking } from '../connection/stream/session.transport.js';
import { type Polled, Streams } from '../connection/stream/streams.js';
import { readEnd, readPiece, readTaking, SESSION_QUESTIONS } from './session-questions.js';
import { markIn, nodeMark, newSession } from './session-name.js';

/** The most bytes of requests that are passed on to other nodes at a time, and what one takes besides its body. */
const MAX_PASSED_ON_BYTES = 67_108_864;
const REQUEST_BYTES = 1_024;

/** Why a session of another node has not done what it was asked: whether it has is not known. */
export type Unanswered = 'no answer';

/** Sessions, whatever node has them: what they are asked is passed on to it. */
@Injectable()
export class SessionsAnywhere {
  private readonly mark: string;
  private passedOnBytes = 0;

  constructor(
    private readonly cluster: Cluster,
    private readonly streams: Streams,
    private readonly settings: BrokerSettings,
  ) {
    this.mark = nodeMark(cluster.node);
  }

  /** The name of a new session of this node. */
  newSession(): string {
    return newSession(this.mark);
  }

  /** Whether a session may be there: without it, nothing has to be read. */
  async has(session: string): Promise<boolean> {
    return this.streams.find(session) !== undefined || (await this.nodeOf(session)) !== undefined;
  }

  /** Gives a session frames; see {@link SessionTransport.take}. */
  async take(session: string, first: number, body: Buffer): Promise<Taking | Unanswered> {
    const own = this.streams.find(session);
    if (own) return own.take(first, body);
    const question = { session, first, body: body.toString('base64') };
    return this.passOn(session, SESSION_QUESTIONS.frames, question, readTaking, body.length);
  }

  /** Polls a session; see {@link PolledTransport.next}. */
  async poll(session: string, acknowledged: number, waitMs: number): Promise<Polled | Unanswered> {
    if (this.streams.find(session)) return this.streams.poll(session, acknowledged, waitMs);
    const question = { session, acknowledged, waitMs: Math.min(waitMs, this.settings.answerTimeoutMs / 2) };
    const piece = await this.passOn(session, SESSION_QUESTIONS.poll, question, readPiece);
    if (typeof piece === 'string') return piece;
    const { number, length } = piece;
    const pieces = [piece.bytes];
    for (let offset = piece.bytes.length; offset < length;) {
      const rest = await this.passOn(session, SESSION_QUESTIONS.rest, { session, number, offset }, readPiece);
      if (typeof rest === 'string') return rest;
      if (rest.bytes.length === 0) return 'no answer';
      pieces.push(rest.bytes);
      offset += rest.bytes.length;
    }
    return { number, events: Buffer.concat(pieces) };
  }

  /** Ends a session whose client has said goodbye. */
  async end(session: string): Promise<'ended' | 'gone' | Unanswered> {
    if (this.streams.find(session)) return this.streams.end(session);
    return this.passOn(session, SESSION_QUESTIONS.end, { session }, readEnd);
  }

  private async passOn<Answer>(
    session: string,
    about: string,
    question: object,
    read: (answer: unknown) => Answer | undefined,
    bodyBytes = 0,
  ): Promise<Answer | 'gone' | Unanswered> {
    const node = await this.nodeOf(session);
    if (node === undefined) return 'gone';
    const bytes = REQUEST_BYTES + bodyBytes;
    if (this.passedOnBytes + bytes > MAX_PASSED_ON_BYTES) return 'no answer';
    this.passedOnBytes += bytes;
    try {
      const { byNode } = await this.cluster.askOne(node, about, question, (answer) =>
        answer === 'gone' ? 'gone' : read(answer),
      );
      return byNode.get(node) ?? 'no answer';
    } finally {
      this.passedOnBytes -= bytes;
    }
  }

  /** The other node whose session it is. A node that has just come may not have heard of that one yet. */
  private async nodeOf(session: string): Promise<string | undefined> {
    const mark = markIn(session);
    if (mark === undefined || mark === this.mark) return undefined;
    const known = (): string | undefined => this.cluster.nodes.find((node) => nodeMark(node) === mark);
    const node = known();
    if (node !== undefined) return node;
    await this.cluster.settled();
    return known();
  }
}
