import type { Signature } from '../../procedures/signature.js';
import { BYTES, paramsSchema } from '../arguments.js';
import type { Schema } from '../open-api.js';
import {
  ANYTHING,
  type ChannelPart,
  type Exchange,
  frameOf,
  keyOf,
  type Message,
  POSITION,
  TEXT,
} from './async-api.js';

const CALL_EVENT: Schema = { const: 'call' };
const ANSWERS = ['result', 'error'];

/** Adds calls to the endpoint of topics: of the procedures that the reader may call. */
export function withCalls(part: ChannelPart, procedures: readonly Signature[]): ChannelPart {
  return {
    ...part,
    messages: { ...part.messages, ...MESSAGES, ...messagesOf(procedures, messageOf) },
    exchanges: { ...part.exchanges, ...EXCHANGES, ...exchangesOf(procedures) },
    schemas: { ...part.schemas, Bytes: BYTES },
  };
}

const MESSAGES: Readonly<Record<string, Message>> = {
  watch: {
    title: 'call',
    summary: 'Goes on with a call that is kept, after a position or from its beginning.',
    payload: frameOf({ event: CALL_EVENT, id: ANYTHING, call: TEXT }, { position: POSITION }),
  },
  cancel: {
    title: 'cancel',
    summary: 'Ends a call of this connection; with `call`, one that is kept, for all who watch it.',
    payload: frameOf({ event: { const: 'cancel' }, id: ANYTHING }, { call: TEXT }),
  },
  cancelled: {
    title: 'cancel',
    summary: 'The call has ended, or had.',
    payload: frameOf({ event: { const: 'cancel' }, id: ANYTHING, status: { const: 'ok' } }),
  },
  result: {
    title: 'call',
    summary: 'A result; with `more`, others follow.',
    payload: frameOf(
      { event: CALL_EVENT, id: ANYTHING, status: { const: 'ok' } },
      { data: ANYTHING, more: { const: true }, call: TEXT, position: POSITION },
    ),
  },
};

const EXCHANGES: Readonly<Record<string, Exchange>> = {
  watch: { from: 'client', summary: 'Watches a kept call.', message: 'watch', replies: ANSWERS },
  cancel: { from: 'client', summary: 'Cancels a call.', message: 'cancel', replies: ['cancelled', 'error'] },
};

/** A message for each procedure that can be called over a WebSocket. */
export function messagesOf(
  procedures: readonly Signature[],
  messageOf: (signature: Signature) => Message,
): Record<string, Message> {
  return Object.fromEntries(called(procedures).map((one) => [keyOfCall(one), messageOf(one)]));
}

/** The calls of those procedures. */
export function exchangesOf(procedures: readonly Signature[]): Record<string, Exchange> {
  return Object.fromEntries(
    called(procedures).map((one) => {
      const message = keyOfCall(one);
      return [message, { from: 'client', summary: `Calls ${one.name}.`, message, replies: ANSWERS }];
    }),
  );
}

/** The purpose of a procedure, and the manner of its answer. */
export function summaryOf({ name, description, isStream }: Signature): string {
  const what = description ?? `Calls ${name}.`;
  return isStream ? `${what} It gives a stream of results.` : what;
}

const called = (procedures: readonly Signature[]): Signature[] => procedures.filter(({ isRaw }) => !isRaw);
const keyOfCall = ({ name }: Signature): string => `call-${keyOf(name)}`;

function messageOf(signature: Signature): Message {
  return {
    title: 'call',
    summary: summaryOf(signature),
    payload: frameOf(
      { event: CALL_EVENT, id: ANYTHING, procedure: { const: signature.name } },
      { params: paramsSchema(signature), idempotency_key: TEXT, traceparent: TEXT },
    ),
  };
}
