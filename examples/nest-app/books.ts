import { Injectable } from '@nestjs/common';

/** A book in the shop. */
export interface Book {
  readonly id: string;
  readonly title: string;
  readonly price: number;
  /** Grows with every change. */
  readonly version: number;
}

/** The books of the shop: in memory here, in a database of yours. */
@Injectable()
export class Books {
  private readonly byId = new Map<string, Book>([
    ['1', { id: '1', title: 'The Birds of the Cliffs', price: 20, version: 1 }],
  ]);

  find(id: string): Book | undefined {
    return this.byId.get(id);
  }

  /** @returns the changed book, if there is one. */
  changePrice(id: string, price: number): Book | undefined {
    const book = this.byId.get(id);
    if (!book) return undefined;
    const changed = { ...book, price, version: book.version + 1 };
    this.byId.set(id, changed);
    return changed;
  }
}
