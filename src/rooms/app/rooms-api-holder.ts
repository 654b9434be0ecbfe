import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { ProviderMethods, type ProviderMethod } from '../../callbacks/providers/provider-methods.js';
import { REQUESTER, type Requester } from '../../callbacks/requester.js';
import { Settings } from '../../config/settings.js';
import { Handshakes } from '../../connection/handshakes.js';
import { presenceFields } from '../../presence/member.js';
import { HttpRoomsApi } from './http.rooms-api.js';
import { ProviderRoomsApi } from './provider.rooms-api.js';
import { ROOMS_CALLBACK, type RoomsCallback } from './rooms-api.decorator.js';
import type { RoomsApi } from './rooms-api.js';

/** Finds, once all providers exist, what answers for the app about rooms: its API, or a provider. */
@Injectable()
export class RoomsApiHolder implements OnModuleInit {
  api: RoomsApi | undefined;

  constructor(
    private readonly settings: Settings,
    private readonly providers: ProviderMethods,
    @Inject(REQUESTER) private readonly requester: Requester,
    private readonly handshakes: Handshakes,
  ) {}

  /** @throws when nothing answers, or several do. */
  onModuleInit(): void {
    const methods = new Map<RoomsCallback, ProviderMethod>();
    for (const method of this.providers.marked(ROOMS_CALLBACK)) {
      const kind = method.mark as RoomsCallback;
      if (methods.has(kind)) throw new Error(`two methods of providers answer ${kind} of rooms`);
      methods.set(kind, method);
    }
    const { rooms, auth } = this.settings;
    if (!rooms && methods.size === 0) return;
    if (!rooms)
      throw new Error('a provider answers callbacks of rooms, but the section rooms is not configured');
    const { api, presence } = rooms;
    if (api && methods.size > 0) throw new Error('both rooms.api and a provider answer callbacks of rooms');
    if (!api && !methods.has('allowedRooms')) {
      throw new Error(
        'nobody says which rooms are allowed: set rooms.api, or decorate a method with @AllowedRooms()',
      );
    }
    const fields = presenceFields(presence, auth.identityField);
    this.api = api
      ? new HttpRoomsApi(this.requester, api, fields)
      : new ProviderRoomsApi(methods, fields, (connection) => this.handshakes.of(connection));
  }
}
