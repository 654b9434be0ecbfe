import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleInit } from '@nestjs/common';
import { Authenticators } from './auth/authenticator.js';
import { ConfigurationError } from './config/configuration-error.js';
import { withoutServers } from './config/history-servers.js';
import { requireFiles } from './config/loading/files.js';
import { warningsOf } from './config/loading/warnings.js';
import { withoutPlace } from './config/presence-place.js';
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

  /** Runs once the providers of the app have been found. @throws {ConfigurationError} when they do not fit the settings. */
  onApplicationBootstrap(): void {
    const { settings, services, authenticators } = this;
    const fault =
      withoutServers(settings.broker, [...services.histories().keys()]) ??
      withoutPlace(settings, services.withPresence());
    if (fault)
      throw new ConfigurationError([`${fault.key}: found ${fault.found}, expected ${fault.expected}`]);
    const logger = new Logger('Kittiwake');
    const warnings = warningsOf(settings, services.requiringAuthentication(), !authenticators.areNone);
    for (const warning of warnings) logger.warn(warning);
  }
}
