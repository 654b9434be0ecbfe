import type { DynamicModule } from '@nestjs/common';
import { loadSettings } from '../config/loading/load-settings.js';
import type { KittiwakeOptions } from '../config/options.js';
import type { Settings } from '../config/settings.js';
import { type KittiwakeExtras, KittiwakeModule } from '../kittiwake.module.js';

/**
 * The real gateway for tests, with the options of the app: only that it needs no other server, opens no port or socket of
 * its own, does not try callbacks again, and is gone at once when the app is closed.
 */
export class KittiwakeTestingModule {
  /**
   * @param options as of `KittiwakeModule.forRoot`; what a test cannot have is passed over: the broker is in memory.
   * @throws {ConfigurationError} when an option is unknown, of the wrong type or missing.
   */
  static forRoot(options: KittiwakeOptions = {}, extras: KittiwakeExtras = {}): DynamicModule {
    return KittiwakeModule.forRoot(testingOptions(options), extras);
  }
}

/**
 * Settings as {@link KittiwakeTestingModule} has them, in place of those of an app that imports `KittiwakeModule` itself:
 * `Test.createTestingModule({ imports: [AppModule] }).overrideProvider(Settings).useValue(testingSettings(options))`.
 * @throws {ConfigurationError} as {@link KittiwakeTestingModule.forRoot}.
 */
export function testingSettings(options: KittiwakeOptions = {}): Settings {
  return loadSettings(testingOptions(options));
}

function testingOptions(options: KittiwakeOptions): KittiwakeOptions {
  const { callbacks, operators, procedures, rooms, shutdown } = options;
  return {
    ...options,
    broker: { kind: 'memory' },
    ledger: { kind: 'none' },
    callbacks: { tries: 1, ...callbacks },
    operators: { ...operators, port: undefined },
    procedures: procedures && { ...procedures, local: undefined },
    rooms: rooms && { ...rooms, rabbitmq: undefined },
    shutdown: { spread: '0s', timeout: '1s', ...shutdown },
  };
}
