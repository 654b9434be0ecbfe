/**
 * The gateway as a module of a Nest app, with a procedure that is a function of it. Decorators are applied by hand
 * because this file is not compiled. Listens on `PORT`.
 */
import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { KittiwakeAdapter, KittiwakeModule, Procedure } from '../../dist/index.js';
import { API_KEY, HOST, TOKEN_SECRET } from '../wire.mjs';
import { decorateMethod } from './decorate-method.mjs';

class Calculator {
  add(a, b) {
    return a + b;
  }
}

class AppModule {}

decorateMethod(Calculator, 'add', Procedure({ public: true }));
const gateway = KittiwakeModule.forRoot({
  publish: { apiKeys: [API_KEY] },
  auth: { jwt: { algorithms: ['HS256'], secret: TOKEN_SECRET } },
  procedures: {},
});
Module({ imports: [gateway], providers: [Calculator] })(AppModule);

const app = await NestFactory.create(AppModule, new FastifyAdapter(), { logger: ['error', 'warn'] });
app.useWebSocketAdapter(new KittiwakeAdapter(app));
await app.listen({ port: Number(process.env.PORT), host: HOST, backlog: 4096 });
