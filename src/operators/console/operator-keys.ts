import { Injectable } from '@nestjs/common';
import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { BearerKeys } from '../../base/bearer-keys.js';
import type { OperatorAccess } from '../../config/sections/operators/operator-key.settings.js';
import { OperatorsSettings } from '../../config/sections/operators/operators.settings.js';
import type { OperatorPlace } from '../../endpoints/operator-endpoint.js';

/** The operator who asks, as the log knows them. */
export interface Operator {
  readonly name: string;
  readonly access: OperatorAccess | 'none';
  /** Why there is no access. */
  readonly refusal?: string;
}

/** Nobody that the console knows; the message says what is needed. */
export class OperatorRefused extends Error {
  override readonly name = 'OperatorRefused';

  constructor(
    readonly status: 401 | 403,
    message: string,
  ) {
    super(message);
  }
}

const LOOPBACK = /^(?:localhost|127(?:\.\d+){3}|::1|\[::1\])$/i;
const ANYONE: Operator = { name: 'anyone', access: 'read' };
const NEEDS_KEYS =
  'the console needs operators.keys: without any it is only for who comes to the port for operators (operators.port) by a loopback address';

/** The keys of operators: `Authorization: Bearer <key>`. */
@Injectable()
export class OperatorKeys {
  private readonly keys: BearerKeys<Operator>;

  constructor(private readonly settings: OperatorsSettings) {
    this.keys = new BearerKeys(
      [...settings.keys].map(([name, { key, access }]) => [key, { name, access }] as const),
    );
  }

  /** Whether any are configured. */
  get areConfigured(): boolean {
    return this.settings.keys.size > 0;
  }

  /** The operator who asks. @throws {OperatorRefused} for nobody who may. */
  identify({ headers }: IncomingMessage, place: OperatorPlace): Operator {
    if (!this.areConfigured) {
      if (this.isAtHome(headers.host, place)) return ANYONE;
      throw new OperatorRefused(403, NEEDS_KEYS);
    }
    if (headers.authorization === undefined)
      throw new OperatorRefused(401, 'a key for operators is required');
    const operator = this.keys.find(headers.authorization);
    if (!operator) throw new OperatorRefused(401, 'the key is not one of operators.keys');
    return operator;
  }

  /** A name in `Host` that is no address may be that of a page which has had it point here (DNS rebinding). */
  private isAtHome(host: string | undefined, { base }: OperatorPlace): boolean {
    const isOwnPort = base === '';
    return isOwnPort && LOOPBACK.test(this.settings.host) && isAddress(host ?? '');
  }
}

function isAddress(host: string): boolean {
  const name = host.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1');
  return name === 'localhost' || isIP(name) !== 0;
}
