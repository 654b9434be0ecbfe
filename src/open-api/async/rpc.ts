import type { Signature } from '../../procedures/signature.js';
import { BYTES, listAndNames } from '../arguments.js';
import {
  ANYTHING,
  type ChannelPart,
  type Exchange,
  frameOf,
  type Message,
  POSITION,
  TEXT,
} from './async-api.js';
import { exchangesOf, messagesOf, summaryOf } from './calls.js';

const ANSWERS = ['result', 'error'];

const MESSAGES: Readonly<Record<string, Message>> = {
  hello: {
    title: 'hello',
    summary: 'The first frame.',
    payload: frameOf(
      {
        event: { const: 'hello' },
        connection_id: TEXT,
        limits: { type: 'object' },
        features: { type: 'array', items: TEXT },
      },
      { expires_in: { type: 'number' }, ping_period: { type: 'number' } },
    ),
  },
  watch: {
    title: 'watch',
    summary: 'Goes on with a call that is kept, after a position or from its beginning.',
    payload: frameOf({ call: TEXT, marker: ANYTHING }, { position: POSITION }),
  },
  cancel: {
    title: 'cancel',
    summary: 'Ends the call, or the watching, that has this marker.',
    payload: frameOf({ cancel: ANYTHING }),
  },
  cancelCall: {
    title: 'cancel_call',
    summary: 'Ends a call that is kept, for all who watch it.',
    payload: frameOf({ cancel_call: TEXT, marker: ANYTHING }),
  },
  result: {
    title: 'result',
    summary: 'A result; with `eod` 1 it is the last. Without `result`: the call has begun, or has ended.',
    payload: {
      ...frameOf(
        { marker: ANYTHING, eod: { enum: [0, 1] } },
        { result: ANYTHING, call: TEXT, position: POSITION },
      ),
      not: { required: ['error'] },
    },
  },
  error: {
    title: 'error',
    summary: 'The call has failed, or was refused.',
    payload: frameOf(
      { error: ANYTHING, marker: ANYTHING },
      { code: TEXT, data: { type: 'object' }, position: POSITION },
    ),
  },
};

const EXCHANGES: Readonly<Record<string, Exchange>> = {
  hello: { from: 'gateway', summary: 'Says what the client may use.', message: 'hello' },
  watch: { from: 'client', summary: 'Watches a kept call.', message: 'watch', replies: ANSWERS },
  cancel: { from: 'client', summary: 'Cancels a call.', message: 'cancel', replies: ['error'] },
  cancelCall: { from: 'client', summary: 'Ends a kept call.', message: 'cancelCall', replies: ANSWERS },
};

/** The endpoint of procedures, with those that the reader may call. */
export function rpcPart(path: string, procedures: readonly Signature[]): ChannelPart {
  return {
    name: 'procedures',
    address: path,
    title: 'Procedures',
    description:
      'Clients with a token call procedures, several at a time. The token comes as `Authorization: Bearer`, or as the sub-protocol `kittiwake.bearer.<token>`.',
    messages: { ...MESSAGES, ...messagesOf(procedures, messageOf) },
    exchanges: { ...EXCHANGES, ...exchangesOf(procedures) },
    schemas: { Bytes: BYTES },
  };
}

function messageOf(signature: Signature): Message {
  const { list, named } = listAndNames(signature);
  return {
    title: 'call',
    summary: summaryOf(signature),
    payload: frameOf(
      { function_name: { const: signature.name }, marker: ANYTHING },
      { parameters_list: list, parameters: named, idempotency_key: TEXT, traceparent: TEXT },
    ),
  };
}
