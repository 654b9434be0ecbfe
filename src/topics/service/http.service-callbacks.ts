import { endHeaders } from '../../callbacks/end-headers.js';
import type { Caller } from '../../callbacks/caller.js';
import { objectText, type JsonMembers } from '../../protocol/json/json.js';
import type { CallbackKind } from './callback-kind.js';
import type { ServiceQuestion, ServiceCallbacks } from './service-callbacks.js';

/** A service that is asked over HTTP, at one URL for each kind of callback. */
export class HttpServiceCallbacks implements ServiceCallbacks {
  constructor(
    private readonly service: string,
    private readonly caller: Caller,
    private readonly urls: Readonly<Partial<Record<CallbackKind, string | undefined>>>,
    private readonly headers: Readonly<Record<string, string>>,
  ) {}

  has(kind: CallbackKind): boolean {
    return this.urls[kind] !== undefined;
  }

  ask(kind: CallbackKind, { fields, end, ...asking }: ServiceQuestion): Promise<JsonMembers> {
    const { service } = this;
    const headers = end ? { ...this.headers, ...endHeaders(end) } : this.headers;
    return this.caller.call(this.urls[kind]!, objectText(fields), {
      service,
      headers,
      id: end?.id,
      isOwed: end !== undefined || kind === 'onLifecycle',
      ...asking,
    });
  }
}
