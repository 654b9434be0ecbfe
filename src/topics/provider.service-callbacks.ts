import { CallbackRequest as ProviderRequest } from '../callbacks/callback-request.js';
import type { ProviderMethod } from '../callbacks/provider-methods.js';
import { CallbackAnswerError } from '../protocol/errors.js';
import { isObject, toJsonText, type JsonMembers, type JsonText } from '../protocol/json.js';
import type { CallbackKind } from './callback-kind.js';
import type { CallbackRequest, ServiceCallbacks } from './service-callbacks.js';
import { State } from './state.js';

/** A service that is asked in process: a provider with a method for each kind of callback. */
export class ProviderServiceCallbacks implements ServiceCallbacks {
  constructor(private readonly methods: ReadonlyMap<CallbackKind, ProviderMethod>) {}

  has(kind: CallbackKind): boolean {
    return this.methods.has(kind);
  }

  async ask(kind: CallbackKind, { fields, signal }: CallbackRequest): Promise<JsonMembers> {
    const answer = await this.methods.get(kind)!.call(new ProviderRequest(fields, signal));
    if ('refusal' in answer) return answer.refusal;
    try {
      return membersOfAnswer(kind, answer.value);
    } catch (cause) {
      throw new CallbackAnswerError(`what the provider returned to ${kind} cannot be JSON`, { cause });
    }
  }
}

function membersOfAnswer(kind: CallbackKind, value: unknown): JsonMembers {
  if (value === false && kind === 'authorizer') return new Map([['status', '"error"' as JsonText]]);
  const members: JsonMembers = new Map();
  if (kind === 'authorizer') {
    if (isObject(value))
      for (const [name, field] of Object.entries(value)) members.set(name, toJsonText(field));
  } else if (value instanceof State) {
    members.set('data', toJsonText(value.data));
    members.set('options', value.optionsText());
  } else if (value !== undefined) members.set('data', toJsonText(value));
  members.set('status', '"ok"' as JsonText);
  return members;
}
