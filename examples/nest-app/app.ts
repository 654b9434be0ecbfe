import 'reflect-metadata';
import { type INestApplication, ValidationPipe } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { KittiwakeAdapter } from 'kittiwake';
import { AppModule } from './app.module.js';

/** Makes the app; it does not listen yet. */
export async function createApp(platform: 'express' | 'fastify'): Promise<INestApplication> {
  // rawBody: POST /publish passes data on as the text that came, so that integers beyond 2^53 keep all digits.
  const options = { rawBody: true };
  const app =
    platform === 'fastify'
      ? await NestFactory.create(AppModule, new FastifyAdapter(), options)
      : await NestFactory.create(AppModule, options);
  app.useWebSocketAdapter(new KittiwakeAdapter(app));
  app.useGlobalPipes(new ValidationPipe({ whitelist: true, transform: true }));
  app.enableShutdownHooks();
  return app;
}
