import {
  type CanActivate,
  type ExecutionContext,
  Injectable,
  NotFoundException,
  UnauthorizedException,
} from '@nestjs/common';
import { PublishSettings } from '../config/publish.settings.js';
import { ApiKeys } from './api-keys.js';

/** Lets in requests with one of the API keys: `Authorization: Bearer <key>`. */
@Injectable()
export class ApiKeyGuard implements CanActivate {
  constructor(
    private readonly settings: PublishSettings,
    private readonly keys: ApiKeys,
  ) {}

  /**
   * @throws {NotFoundException} (404) when publishing over HTTP is off.
   * @throws {UnauthorizedException} (401) without a valid key.
   */
  canActivate(context: ExecutionContext): boolean {
    if (!this.settings.enabled) throw new NotFoundException();
    const request: { headers: { authorization?: string } } = context.switchToHttp().getRequest();
    if (this.keys.admits(request.headers.authorization)) return true;
    throw new UnauthorizedException({ status: 'error', error: 'a valid API key is required' });
  }
}
