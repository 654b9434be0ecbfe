import type { CallbackRequest } from '../../callbacks/callback-request.js';
import type { ReturnedValue } from '../../callbacks/providers/callback-contexts.js';
import { decisionOf } from '../../callbacks/providers/decision.js';
import type { ProviderMethod } from '../../callbacks/providers/provider-methods.js';
import { requireRefusal } from '../../callbacks/providers/provider-refusal.js';
import type { Handshake } from '../../protocol/handshake.js';
import { CallbackAnswerError } from '../../protocol/errors.js';
import { membersOf, toJsonText, type JsonMembers, type JsonText } from '../../protocol/json/json.js';
import { LifecycleRequest } from '../lifecycle/lifecycle-request.js';
import type { CallbackKind } from '../service/callback-kind.js';
import { GapRequest } from './gap-request.js';
import { MissedPublications } from './missed-publications.js';
import type { ServiceQuestion, ServiceCallbacks } from '../service/service-callbacks.js';
import { TopicState } from './state.js';
import { SubscriptionRequest } from './subscription-request.js';
import type { TopicPattern } from '../service/topic-pattern.js';

/** Callbacks whose results are ignored. */
const TOLD: ReadonlySet<CallbackKind> = new Set([
  'onSubscribe',
  'onUnsubscribe',
  'onHeartbeat',
  'onLifecycle',
]);

/** Callbacks whose results are decisions: consent or refusal. */
const DECIDING: ReadonlySet<CallbackKind> = new Set(['authorizer', 'onAuthorizationChange']);

const OK = '"ok"' as JsonText;
const ERROR = '"error"' as JsonText;

/** The request with which a client has connected, where that is kept. */
export type HandshakeOf = (client: object | undefined) => Handshake | undefined;

/** A service that is asked in process: a provider with a method for each kind of callback. */
export class ProviderServiceCallbacks implements ServiceCallbacks {
  /**
   * @param pattern of its topics, if they have one.
   * @param handshakeOf finds the request with which a client has connected.
   */
  constructor(
    private readonly methods: ReadonlyMap<CallbackKind, ProviderMethod>,
    private readonly pattern?: TopicPattern,
    private readonly handshakeOf: HandshakeOf = () => undefined,
  ) {}

  has(kind: CallbackKind): boolean {
    return this.methods.has(kind);
  }

  async ask(kind: CallbackKind, question: ServiceQuestion): Promise<JsonMembers> {
    const method = this.methods.get(kind)!;
    const answer = await method.call((own) => this.requestOf(kind, question, own), question.signal);
    if ('refusal' in answer) {
      requireRefusal({ thrown: answer.thrown, name: method.name, isDecision: DECIDING.has(kind) });
      return answer.refusal;
    }
    try {
      return DECIDING.has(kind) ? decided(kind, decisionOf(answer, method)) : membersOfAnswer(kind, answer);
    } catch (cause) {
      const { message } = cause as Error;
      throw new CallbackAnswerError(`${method.name} returned what is no answer: ${message}`, { cause });
    }
  }

  private requestOf(
    kind: CallbackKind,
    { fields, end, client }: ServiceQuestion,
    signal: AbortSignal,
  ): CallbackRequest {
    const { pattern } = this;
    if (kind === 'onGap') return new GapRequest(fields, signal, { callback: kind }, pattern);
    if (kind === 'onLifecycle') return new LifecycleRequest(fields, signal, { callback: kind });
    const handshake = this.handshakeOf(client);
    return new SubscriptionRequest(fields, signal, { end, handshake, callback: kind, client }, pattern);
  }
}

function decided(kind: CallbackKind, value: unknown): JsonMembers {
  if (kind === 'authorizer') return authorization(value);
  return new Map([['status', value === false ? ERROR : OK]]);
}

function membersOfAnswer(kind: CallbackKind, { value }: ReturnedValue): JsonMembers {
  const members: JsonMembers = new Map([['status', OK]]);
  if (TOLD.has(kind) || value === undefined) return members;
  if (kind === 'onGap' && value instanceof MissedPublications)
    return new Map([...members, ...value.members()]);
  if (value instanceof TopicState) {
    members.set('data', toJsonText(value.data));
    members.set('options', value.optionsText());
  } else members.set('data', toJsonText(value));
  return members;
}

/** Fails closed: only what can be meant as consent is consent. */
function authorization(value: unknown): JsonMembers {
  if (value === false || value === null) return new Map([['status', ERROR]]);
  if (value === undefined || value === true) return new Map([['status', OK]]);
  const text = toJsonText(value);
  if (!text.startsWith('{')) throw new TypeError('an authorizer returns fields, true, false or nothing');
  const fields = membersOf(text);
  return fields.set('status', fields.get('status') === ERROR ? ERROR : OK);
}
