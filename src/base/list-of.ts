import type { FactoryProvider, InjectionToken, Type } from '@nestjs/common';

/** An entry of an ordered list: a class whose instance is the item, or the token of another provider. */
export type ListItem<Item> = Type<Item> | Exclude<InjectionToken<Item>, Type<Item>>;

/** Provides an ordered list of what other providers make. */
export function listOf<Item>(token: symbol, items: readonly ListItem<Item>[]): FactoryProvider<Item[]> {
  return { provide: token, inject: [...items], useFactory: (...made: Item[]) => made };
}
