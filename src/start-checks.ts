import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleInit } from '@nestjs/common';
import { Authenticators } from './auth/authenticator.js';
import { requireFiles } from './config/loading/files.js';
import { warningsOf } from './config/loading/warnings.js';
import { Settings } from './config/settings.js';
import { Services } from './topics/service/services.js';

/** Checks at the start: an unreadable file stops it; settings that are probably not meant are logged as warnings. */
@Injectable()
export class StartChecks implements OnModuleInit, OnApplicationBootstrap {
  constructor(
    private readonly settings: Settings,
    private readonly services: Services,
    private readonly authenticators: Authenticators,
  ) {}

  /** @throws {ConfigurationError} when a file that a setting names cannot be read. */
  onModuleInit(): void {
    requireFiles(this.settings);
  }

  /** Runs once the providers of the app have been found. */
  onApplicationBootstrap(): void {
    const { settings, services, authenticators } = this;
    const logger = new Logger('Kittiwake');
    const warnings = warningsOf(settings, services.requiringAuthentication(), !authenticators.areNone);
    for (const warning of warnings) logger.warn(warning);
  }
}
