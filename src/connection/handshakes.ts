import type { IncomingMessage } from 'node:http';
import { Inject, Injectable, Optional } from '@nestjs/common';
import { Handshake } from '../protocol/handshake.js';
import { clientAddress } from './client-address.js';
import { CONNECTION_SETTINGS, type ConnectionSettings } from './connection.settings.js';

/** The injection token of whether handshakes are kept; absent: they are not. */
export const KEEPS_HANDSHAKES = Symbol('KEEPS_HANDSHAKES');

/** The requests with which clients have connected, where the app wants them kept. */
@Injectable()
export class Handshakes {
  private readonly byConnection = new WeakMap<object, Handshake>();

  constructor(
    @Inject(CONNECTION_SETTINGS) private readonly settings: ConnectionSettings,
    @Optional() @Inject(KEEPS_HANDSHAKES) private readonly areKept = false,
  ) {}

  /** Keeps the request of a connection as long as that; nothing is done where none are kept. */
  get keep(): ((connection: object, request: IncomingMessage) => void) | undefined {
    if (!this.areKept) return undefined;
    return (connection, request) => this.byConnection.set(connection, this.read(request));
  }

  /** The request of a connection; nothing where none are kept. */
  of(connection: object | undefined): Handshake | undefined {
    return connection && this.byConnection.get(connection);
  }

  /** A request that is no connection's; nothing where none are kept. */
  kept(request: IncomingMessage): Handshake | undefined {
    return this.areKept ? this.read(request) : undefined;
  }

  read(request: IncomingMessage): Handshake {
    return new Handshake(request.url ?? '/', request.headers, clientAddress(request, this.settings));
  }
}
