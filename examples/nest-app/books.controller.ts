import { Body, Controller, Get, NotFoundException, Param, Put } from '@nestjs/common';
import { IsPositive } from 'class-validator';
import { Kittiwake } from 'kittiwake';
import { type Book, Books } from './books.js';

export class PriceChange {
  @IsPositive()
  readonly price!: number;
}

/** The shop's REST API. Whoever changes a book tells its subscribers. */
@Controller('books')
export class BooksController {
  constructor(
    private readonly books: Books,
    private readonly kittiwake: Kittiwake,
  ) {}

  @Get(':id')
  read(@Param('id') id: string): Book {
    const book = this.books.find(id);
    if (!book) throw new NotFoundException();
    return book;
  }

  @Put(':id')
  async changePrice(@Param('id') id: string, @Body() { price }: PriceChange): Promise<Book> {
    const book = this.books.changePrice(id, price);
    if (!book) throw new NotFoundException();
    await this.kittiwake.publish(`books.${id}`, book, { order: book.version });
    return book;
  }
}
