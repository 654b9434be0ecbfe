/**
 * A plain Nest gateway: `WsAdapter`, a controller on Nest's default platform (Express), and a loop over
 * `client.send(JSON.stringify(...))`. Decorators are applied by hand because this file is not compiled.
 * Listens on `PORT`.
 */
import 'reflect-metadata';
import { Body, Controller, HttpCode, Inject, Module, Post } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { WsAdapter } from '@nestjs/platform-ws';
import { ConnectedSocket, MessageBody, SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { HOST, KEEP_ALIVE_MS, WEBSOCKET_PATH } from '../wire.mjs';
import { decorateMethod } from './decorate-method.mjs';
import { message } from './envelope.mjs';
import { identityOf } from './identity.mjs';

class TopicsGateway {
  topics = new Map();

  handleDisconnect(client) {
    for (const topic of client.topics ?? []) this.topics.get(topic).delete(client);
  }

  subscribe(subscription, client) {
    const subscribers = this.topics.get(subscription) ?? new Set();
    this.topics.set(subscription, subscribers.add(client));
    (client.topics ??= []).push(subscription);
    return { event: 'subscribe', data: { subscription, status: 'ok' } };
  }

  auth(token, client) {
    client.identity = identityOf(token);
    return { event: 'auth', data: { status: 'ok' } };
  }

  ping(data) {
    return { event: 'pong', data };
  }

  add({ parameters_list: [a, b], marker }) {
    return { result: a + b, marker, eod: 1 };
  }

  publish(subscription, data) {
    for (const client of this.topics.get(subscription) ?? []) {
      if (client.readyState === client.OPEN) client.send(JSON.stringify(message(subscription, data)));
    }
  }
}

class AppController {
  constructor(gateway) {
    this.gateway = gateway;
  }

  publish({ subscription, data }) {
    this.gateway.publish(subscription, data);
    return { status: 'ok' };
  }

  add({ a, b }) {
    return JSON.stringify(a + b);
  }
}

class AppModule {}

for (const name of ['subscribe', 'auth', 'ping', 'add']) {
  decorateMethod(TopicsGateway, name, SubscribeMessage(name));
  MessageBody()(TopicsGateway.prototype, name, 0);
  ConnectedSocket()(TopicsGateway.prototype, name, 1);
}
WebSocketGateway({ path: WEBSOCKET_PATH })(TopicsGateway);

decorateMethod(AppController, 'publish', Post('publish'), HttpCode(200));
Body()(AppController.prototype, 'publish', 0);
decorateMethod(AppController, 'add', Post('rpc/add'), HttpCode(200));
Body()(AppController.prototype, 'add', 0);
Inject(TopicsGateway)(AppController, undefined, 0);
Controller()(AppController);

Module({ controllers: [AppController], providers: [TopicsGateway] })(AppModule);

const app = await NestFactory.create(AppModule, { logger: ['error', 'warn'] });
app.useWebSocketAdapter(new WsAdapter(app));
app.getHttpServer().keepAliveTimeout = KEEP_ALIVE_MS;
await app.listen({ port: Number(process.env.PORT), host: HOST, backlog: 4096 });
