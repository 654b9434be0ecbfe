import {
  type CanActivate,
  type ExecutionContext,
  Injectable,
  NotFoundException,
  UnauthorizedException,
} from '@nestjs/common';
import { createHash, timingSafeEqual } from 'node:crypto';
import { PublishSettings } from '../config/publish.settings.js';

/** Lets in requests with one of the API keys: `Authorization: Bearer <key>`. */
@Injectable()
export class ApiKeyGuard implements CanActivate {
  private readonly digests: readonly Buffer[];

  constructor(private readonly settings: PublishSettings) {
    this.digests = settings.apiKeys.map(digest);
  }

  /**
   * @throws {NotFoundException} (404) when publishing over HTTP is off.
   * @throws {UnauthorizedException} (401) without a valid key.
   */
  canActivate(context: ExecutionContext): boolean {
    if (!this.settings.enabled) throw new NotFoundException();
    const { authorization = '' } = context
      .switchToHttp()
      .getRequest<{ headers: { authorization?: string } }>().headers;
    const key = /^bearer +(\S+) *$/i.exec(authorization)?.[1];
    if (key !== undefined && this.isValid(key)) return true;
    throw new UnauthorizedException({ status: 'error', error: 'a valid API key is required' });
  }

  /** Digests have one length, so that comparing them in constant time tells nothing of the keys. */
  private isValid(key: string): boolean {
    const given = digest(key);
    let isValid = false;
    for (const one of this.digests) isValid = timingSafeEqual(one, given) || isValid;
    return isValid;
  }
}

function digest(key: string): Buffer {
  return createHash('sha256').update(key).digest();
}
