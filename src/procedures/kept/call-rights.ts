import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { CALLER, type Caller } from '../../callbacks/caller.js';
import { CallbackRequest } from '../../callbacks/callback-request.js';
import { decisionOf } from '../../callbacks/providers/decision.js';
import { type ProviderMethod, ProviderMethods } from '../../callbacks/providers/provider-methods.js';
import { ProceduresSettings } from '../../config/sections/procedures/procedures.settings.js';
import { type JsonMembers, objectOrNull, objectText, toJsonText } from '../../protocol/json/json.js';
import type { CallOrigin } from '../procedure-call.js';
import type { CallHead } from './record/call-record.js';
import { identityKey } from './record/identity-key.js';
import { MAY_WATCH } from './may-watch.decorator.js';

const OK = '"ok"';

/** The rights to watch a kept call, and to cancel it. */
@Injectable()
export class CallRights implements OnModuleInit {
  private readonly methods = new Map<string, ProviderMethod>();

  constructor(
    private readonly providers: ProviderMethods,
    private readonly settings: ProceduresSettings,
    @Inject(CALLER) private readonly caller: Caller,
  ) {}

  onModuleInit(): void {
    for (const method of this.providers.marked(MAY_WATCH)) this.methods.set(String(method.mark), method);
  }

  /** Whether it is a call of this caller. That of nobody belongs to whoever has its id. */
  isOwner({ identity: owner }: CallHead, { identity, isService }: CallOrigin): boolean {
    if (isService || !owner) return true;
    return identity !== undefined && identityKey(identity) === identityKey(owner);
  }

  /** Whether it is, or the app says that this caller may watch it. @throws {CallbackError} when it could not be asked. */
  async mayWatch(id: string, head: CallHead, origin: CallOrigin): Promise<boolean> {
    if (this.isOwner(head, origin)) return true;
    const fields = fieldsOf(id, head, origin);
    const method = this.methods.get(head.procedure);
    if (method) {
      const answer = await method.call((signal) => new CallbackRequest(fields, signal));
      return 'value' in answer && decisionOf(answer, method) === true;
    }
    const remote = this.settings.remote?.get(head.procedure);
    const url = remote?.resumable?.mayWatch;
    if (url === undefined) return false;
    const answer = await this.caller.call(url, objectText(fields), {
      service: 'procedures',
      headers: remote!.headers,
    });
    return answer.get('status') === OK;
  }
}

function fieldsOf(
  id: string,
  { procedure, identity: owner }: CallHead,
  { identity }: CallOrigin,
): JsonMembers {
  return new Map([
    ['procedure', toJsonText(procedure)],
    ['call', toJsonText(id)],
    ['owner', objectOrNull(owner)],
    ['identity', objectOrNull(identity)],
  ]);
}
