import type { FactoryProvider } from '@nestjs/common';
import { absent } from './configured.js';
import { isSectionKind } from './kinds/kind.js';
import { type SettingField, settingsOf } from './kinds/setting.decorator.js';
import { SERVICE_SECTIONS } from './sections/service/service.settings.js';
import { Settings } from './settings.js';

/**
 * Every section of {@link Settings}, its class being the injection token. For one that is not configured there are its
 * defaults: `isConfigured` tells.
 */
export const CONFIG_PROVIDERS: readonly FactoryProvider[] = [
  ...settingsOf(Settings).flatMap(providerOf),
  {
    provide: SERVICE_SECTIONS,
    inject: [Settings],
    useFactory: ({ services }: Settings): Settings['services'] => services,
  },
];

function providerOf({ field, kind }: SettingField): FactoryProvider[] {
  if (!isSectionKind(kind) || kind.names) return [];
  const section = (settings: Settings): unknown => Reflect.get(settings, field) ?? absent(kind.of);
  return [{ provide: kind.of, inject: [Settings], useFactory: section }];
}
