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
import { HOST, WEBSOCKET_PATH } from '../wire.mjs';
import { messageText } from './envelope.mjs';

class TopicsGateway {
  topics = new Map();

  handleDisconnect(client) {
    for (const subscribers of this.topics.values()) subscribers.delete(client);
  }

  subscribe(subscription, client) {
    const subscribers = this.topics.get(subscription) ?? new Set();
    this.topics.set(subscription, subscribers.add(client));
    return { event: 'subscribe', data: { subscription, status: 'ok' } };
  }

  publish(subscription, data) {
    for (const client of this.topics.get(subscription) ?? []) {
      if (client.readyState === client.OPEN) client.send(messageText(subscription, data));
    }
  }
}

class PublishController {
  constructor(gateway) {
    this.gateway = gateway;
  }

  publish({ subscription, data }) {
    this.gateway.publish(subscription, data);
    return { status: 'ok' };
  }
}

class AppModule {}

decorateMethod(TopicsGateway, 'subscribe', SubscribeMessage('subscribe'));
MessageBody()(TopicsGateway.prototype, 'subscribe', 0);
ConnectedSocket()(TopicsGateway.prototype, 'subscribe', 1);
WebSocketGateway({ path: WEBSOCKET_PATH })(TopicsGateway);

decorateMethod(PublishController, 'publish', Post('publish'), HttpCode(200));
Body()(PublishController.prototype, 'publish', 0);
Inject(TopicsGateway)(PublishController, undefined, 0);
Controller()(PublishController);

Module({ controllers: [PublishController], providers: [TopicsGateway] })(AppModule);

const app = await NestFactory.create(AppModule, { logger: ['error', 'warn'] });
app.useWebSocketAdapter(new WsAdapter(app));
await app.listen(Number(process.env.PORT), HOST);

function decorateMethod(owner, name, ...decorators) {
  const descriptor = Object.getOwnPropertyDescriptor(owner.prototype, name);
  for (const decorate of decorators) decorate(owner.prototype, name, descriptor);
}
