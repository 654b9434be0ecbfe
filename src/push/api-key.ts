import { HttpStatus } from '@nestjs/common';
import { type ApiKeySettings, type KeyOperation, operationsOf } from '../config/sections/api-key.settings.js';
import type { HttpAnswer } from '../endpoints/answer.js';
import { toJsonText } from '../protocol/json/json.js';
import { Permissions } from '../rooms/room/permissions.js';
import type { Room } from '../rooms/room/room.js';
import { serviceName } from '../topics/service/services.js';

/** A key is not for this; the message names it and says what it lacks. */
export class KeyScopeError extends Error {}

/** A key with which a service pushes, as far as it goes. */
export class ApiKey {
  /** One of `publish.apiKeys`. */
  static readonly full = new ApiKey(undefined, {});

  private readonly operations: ReadonlySet<string>;
  private readonly services: ReadonlySet<string> | undefined;
  private readonly rooms: Permissions | undefined;
  private readonly isLimited: boolean;

  /** @param name absent for a key that has none. */
  constructor(
    readonly name: string | undefined,
    settings: Omit<ApiKeySettings, 'key'>,
  ) {
    const { services, rooms } = settings;
    this.operations = operationsOf(settings);
    this.isLimited = (services ?? rooms) !== undefined;
    this.services = services && new Set(services);
    this.rooms = rooms && new Permissions(toJsonText(rooms));
  }

  /** The answer to a request that it is not for: 403, with what it lacks; `undefined` if it is. */
  refusal(operation: KeyOperation): HttpAnswer | undefined {
    if (this.operations.has(operation)) return undefined;
    return forbidden(this.lacking(`may not ${operation}: it has ${[...this.operations].join(', ')}`));
  }

  /** @throws {KeyScopeError} for a topic of a service that it is not for. */
  requireTopic(topic: string): void {
    if (!this.isLimited || this.services?.has(serviceName(topic)) === true) return;
    throw new KeyScopeError(
      this.lacking(`is not for topics of the service ${shown(JSON.stringify(serviceName(topic)))}`),
    );
  }

  /** @throws {KeyScopeError} for rooms that it is not for, be it one of them. */
  requireRooms(rooms: readonly Room[]): void {
    if (!this.isLimited) return;
    const other = rooms.find((room) => this.rooms?.covers(room) !== true);
    if (other) throw new KeyScopeError(this.lacking(`is not for the room ${shown(other.text)}`));
  }

  private lacking(what: string): string {
    return `the API key${this.name === undefined ? '' : ` ${this.name}`} ${what}`;
  }
}

const MAX_SHOWN = 200;

function shown(text: string): string {
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text;
}

/** 403, with what a key lacks. */
export function forbidden(error: string): HttpAnswer {
  return { status: HttpStatus.FORBIDDEN, body: { status: 'error', error } };
}
