import { type CanActivate, type ExecutionContext, Injectable, UnauthorizedException } from '@nestjs/common';
import { ApiKeys } from './api-keys.js';

/** What a request without a valid key is answered, with 401. */
export const KEY_REQUIRED = { status: 'error', error: 'a valid API key is required' } as const;

/** Lets in requests with one of the API keys: `Authorization: Bearer <key>`. */
@Injectable()
export class ApiKeyGuard implements CanActivate {
  constructor(private readonly keys: ApiKeys) {}

  /** @throws {UnauthorizedException} (401) without a valid key. */
  canActivate(context: ExecutionContext): boolean {
    const request: { headers: { authorization?: string } } = context.switchToHttp().getRequest();
    if (this.keys.admits(request.headers.authorization)) return true;
    throw new UnauthorizedException(KEY_REQUIRED);
  }
}
