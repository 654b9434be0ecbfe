import { Injectable, type OnModuleInit } from '@nestjs/common';
import { CallbackRequest } from '../../callbacks/callback-request.js';
import { type ProviderMethod, ProviderMethods } from '../../callbacks/providers/provider-methods.js';
import { isConfigured } from '../../config/configured.js';
import { ProceduresSettings } from '../../config/sections/procedures/procedures.settings.js';
import type { JsonMembers } from '../../protocol/json/json.js';
import { CALLER_HOOK, type CallerHook } from './caller-hooks.decorator.js';

/** Calls the hooks of the app's providers for clients that connect to call procedures, once for each connection. */
@Injectable()
export class CallerHooks implements OnModuleInit {
  private readonly methods: Record<CallerHook, ProviderMethod[]> = { connect: [], disconnect: [] };

  constructor(
    private readonly settings: ProceduresSettings,
    private readonly providers: ProviderMethods,
  ) {}

  /** @throws when a provider has such hooks, but no procedures are configured. */
  onModuleInit(): void {
    for (const method of this.providers.marked(CALLER_HOOK)) {
      if (!isConfigured(this.settings))
        throw new Error(`${method.name} is told of callers, but the section procedures is not configured`);
      this.methods[method.mark as CallerHook].push(method);
    }
  }

  /** Resolves when every hook has ended; never rejects: errors of hooks are logged. */
  connected(identity: JsonMembers): Promise<void> {
    return this.tell('connect', identity);
  }

  /** As {@link connected}. Call it once that has settled, for an app may count on the order. */
  disconnected(identity: JsonMembers): Promise<void> {
    return this.tell('disconnect', identity);
  }

  private async tell(hook: CallerHook, identity: JsonMembers): Promise<void> {
    const told = this.methods[hook].map((method) =>
      method.call((signal) => new CallbackRequest(identity, signal)),
    );
    await Promise.allSettled(told);
  }
}
