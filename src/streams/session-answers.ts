import { Injectable } from '@nestjs/common';
import { Cluster } from '../cluster/cluster.js';
import { Streams } from '../connection/stream/streams.js';
import { isObject } from '../protocol/json/json.js';
import { pieceOf, SESSION_QUESTIONS } from './session-questions.js';

/** Answers what other nodes ask about the sessions of this one. Whoever may write to the broker may ask. */
@Injectable()
export class SessionAnswers {
  constructor(
    cluster: Cluster,
    private readonly streams: Streams,
  ) {
    cluster.answer(SESSION_QUESTIONS.frames, (question) => this.take(fieldsOf(question)));
    cluster.answer(SESSION_QUESTIONS.poll, (question) => this.poll(fieldsOf(question)));
    cluster.answer(SESSION_QUESTIONS.rest, (question) => this.rest(fieldsOf(question)));
    cluster.answer(SESSION_QUESTIONS.end, (question) => streams.end(textIn(fieldsOf(question), 'session')));
  }

  private take(fields: Fields): unknown {
    const body = Buffer.from(textIn(fields, 'body'), 'base64');
    return this.streams.find(textIn(fields, 'session'))?.take(numberIn(fields, 'first'), body) ?? 'gone';
  }

  private async poll(fields: Fields): Promise<unknown> {
    const [acknowledged, waitMs] = [numberIn(fields, 'acknowledged'), numberIn(fields, 'waitMs')];
    const polled = await this.streams.poll(textIn(fields, 'session'), acknowledged, waitMs);
    return typeof polled === 'string' ? polled : pieceOf(polled, 0);
  }

  private rest(fields: Fields): unknown {
    const last = this.streams.lastAnswerOf(textIn(fields, 'session'));
    return last?.number === numberIn(fields, 'number') ? pieceOf(last, numberIn(fields, 'offset')) : 'gone';
  }
}

type Fields = Readonly<Record<string, unknown>>;

function fieldsOf(question: unknown): Fields {
  if (!isObject(question)) throw new TypeError('a question about a session is no object');
  return question;
}

function textIn(fields: Fields, name: string): string {
  const value = fields[name];
  if (typeof value !== 'string') throw new TypeError(`${name} is no text`);
  return value;
}

function numberIn(fields: Fields, name: string): number {
  const value = fields[name];
  if (typeof value !== 'number' || !(value >= 0)) throw new TypeError(`${name} is no number`);
  return value;
}
