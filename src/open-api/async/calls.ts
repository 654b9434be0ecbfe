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
  TEXT,
} from './async-api.js';

const CALL_EVENT: Schema = { const: 'call' };

/** What is added to the endpoint of topics for calls: the procedures that the reader may call. */
export function withCalls(part: ChannelPart, procedures: readonly Signature[]): ChannelPart {
  const called = procedures.filter(({ isRaw }) => !isRaw);
  return {
    ...part,
    messages: { ...part.messages, ...MESSAGES, ...Object.fromEntries(called.map(messageOf)) },
    exchanges: { ...part.exchanges, ...EXCHANGES, ...Object.fromEntries(called.map(exchangeOf)) },
    schemas: { ...part.schemas, Bytes: BYTES },
  };
}

const MESSAGES: Readonly<Record<string, Message>> = {
  cancel: {
    title: 'cancel',
    summary: 'Ends a call of this connection.',
    payload: frameOf({ event: { const: 'cancel' }, id: ANYTHING }),
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
      { data: ANYTHING, more: { const: true }, call: TEXT },
    ),
  },
};

const EXCHANGES: Readonly<Record<string, Exchange>> = {
  cancel: { from: 'client', summary: 'Cancels a call.', message: 'cancel', replies: ['cancelled', 'error'] },
};

const keyOfCall = ({ name }: Signature): string => `call-${keyOf(name)}`;

function messageOf(signature: Signature): [string, Message] {
  const { name, description, isStream } = signature;
  const what = description ?? `Calls ${name}.`;
  return [
    keyOfCall(signature),
    {
      title: 'call',
      summary: isStream ? `${what} It gives a stream of results.` : what,
      payload: frameOf(
        { event: CALL_EVENT, id: ANYTHING, procedure: { const: name } },
        { params: paramsSchema(signature), idempotency_key: TEXT },
      ),
    },
  ];
}

function exchangeOf(signature: Signature): [string, Exchange] {
  const key = keyOfCall(signature);
  return [
    key,
    { from: 'client', summary: `Calls ${signature.name}.`, message: key, replies: ['result', 'error'] },
  ];
}
