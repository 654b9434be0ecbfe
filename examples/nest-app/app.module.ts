import { Module } from '@nestjs/common';
import { ConfigModule, ConfigService } from '@nestjs/config';
import { KittiwakeModule } from 'kittiwake';
import { BooksController } from './books.controller.js';
import { Books } from './books.js';
import { BooksTopic } from './books.topic.js';
import { ChatGateway } from './chat.gateway.js';
import { TicketsController } from './tickets.controller.js';
import { Tickets } from './tickets.js';

@Module({
  imports: [
    KittiwakeModule.forRootAsync({
      imports: [ConfigModule.forRoot()],
      inject: [ConfigService],
      useFactory: (config: ConfigService) => ({
        publish: { apiKeys: [config.getOrThrow<string>('API_KEY')] },
      }),
    }),
  ],
  controllers: [BooksController, TicketsController],
  providers: [Books, BooksTopic, ChatGateway, Tickets],
})
export class AppModule {}
