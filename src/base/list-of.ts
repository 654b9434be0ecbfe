import type { FactoryProvider, InjectionToken, Type } from '@nestjs/common';

/** What an ordered list may be made of: classes whose instances are its items, and tokens of other providers. */
export type ListItem<Item> = Type<Item> | Exclude<InjectionToken<Item>, Type<Item>>;

/** Provides an ordered list of what other providers make. */
export function listOf<Item>(token: symbol, items: readonly ListItem<Item>[]): FactoryProvider<Item[]> {
  return { provide: token, inject: [...items], useFactory: (...made: Item[]) => made };
}
