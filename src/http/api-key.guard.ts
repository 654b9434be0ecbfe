import {
  type CanActivate,
  type ExecutionContext,
  Injectable,
  NotFoundException,
  UnauthorizedException,
} from '@nestjs/common';
import { timingSafeEqual } from 'node:crypto';
import { PublishSettings } from '../config/publish.settings.js';

/** Lets in requests with one of the API keys: `Authorization: Bearer <key>`. */
@Injectable()
export class ApiKeyGuard implements CanActivate {
  private readonly keys: readonly Buffer[];

  constructor(private readonly settings: PublishSettings) {
    this.keys = settings.apiKeys.map((key) => Buffer.from(key));
  }

  /**
   * @throws {NotFoundException} (404) when publishing over HTTP is off.
   * @throws {UnauthorizedException} (401) without a valid key.
   */
  canActivate(context: ExecutionContext): boolean {
    if (!this.settings.enabled) throw new NotFoundException();
    const request: { headers: { authorization?: string } } = context.switchToHttp().getRequest();
    if (this.isValid(bearerToken(request.headers.authorization))) return true;
    throw new UnauthorizedException({ status: 'error', error: 'a valid API key is required' });
  }

  /** Every key is compared, in constant time: how long it takes tells nothing but the lengths. */
  private isValid(given: string | undefined): boolean {
    if (given === undefined) return false;
    const bytes = Buffer.from(given);
    let isValid = false;
    for (const key of this.keys)
      isValid = (key.length === bytes.length && timingSafeEqual(key, bytes)) || isValid;
    return isValid;
  }
}

function bearerToken(authorization: string | undefined): string | undefined {
  return /^bearer +(\S+) *$/i.exec(authorization ?? '')?.[1];
}
