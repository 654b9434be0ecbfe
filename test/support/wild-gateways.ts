import {
  BadRequestException,
  type CanActivate,
  ParseIntPipe,
  UseFilters,
  UseGuards,
  UseInterceptors,
} from '@nestjs/common';
import {
  BaseWsExceptionFilter,
  ConnectedSocket,
  MessageBody,
  type OnGatewayConnection,
  type OnGatewayDisconnect,
  type OnGatewayInit,
  SubscribeMessage,
  WebSocketGateway,
  WebSocketServer,
  WsException,
} from '@nestjs/websockets';
import type { IncomingMessage } from 'node:http';
import { map, of } from 'rxjs';
import type { WebSocket, WebSocketServer as Server } from 'ws';

class Nobody implements CanActivate {
  canActivate(): boolean {
    return false;
  }
}

/** A gateway that uses most of what Nest has for gateways. */
@WebSocketGateway({ path: '/live', maxPayload: 1000 })
export class LiveGateway implements OnGatewayConnection, OnGatewayDisconnect {
  @WebSocketServer()
  server!: Server;
  readonly seen: string[] = [];

  handleConnection(_client: WebSocket, request: IncomingMessage): void {
    this.seen.push(`came by ${request.url}`);
  }

  handleDisconnect(): void {
    this.seen.push('left');
  }

  @SubscribeMessage('echo')
  echo(@MessageBody() data: unknown): object {
    return { event: 'echo', data };
  }

  @SubscribeMessage('late')
  async late(): Promise<object> {
    await new Promise(setImmediate);
    return { event: 'late' };
  }

  @SubscribeMessage('many')
  many(): unknown {
    return of(1, 2, 3).pipe(map((data) => ({ event: 'many', data })));
  }

  @SubscribeMessage('send')
  send(@ConnectedSocket() client: WebSocket): void {
    client.send('by hand');
  }

  @SubscribeMessage('all')
  all(): void {
    for (const client of this.server.clients) client.send('for all');
  }

  @SubscribeMessage('bye')
  bye(@ConnectedSocket() client: WebSocket): void {
    client.close(4000, 'bye');
  }

  @SubscribeMessage('fail')
  fail(): never {
    throw new WsException('not so');
  }

  @SubscribeMessage('break')
  break(): never {
    throw new Error('a secret');
  }

  @UseGuards(Nobody)
  @SubscribeMessage('guarded')
  guarded(): string {
    return 'never';
  }

  @UseFilters(new BaseWsExceptionFilter())
  @SubscribeMessage('piped')
  piped(
    @MessageBody(new ParseIntPipe({ exceptionFactory: (error) => new WsException(error) })) data: number,
  ) {
    return { event: 'piped', data };
  }

  @UseInterceptors({ intercept: (_context, next) => next.handle().pipe(map((data: unknown) => ({ data }))) })
  @SubscribeMessage('wrapped')
  wrapped(): string {
    return 'inside';
  }

  @SubscribeMessage('http')
  http(): never {
    throw new BadRequestException('of HTTP');
  }
}

/** Another one, told apart from the first by its path. */
@WebSocketGateway({ path: 'live/more' })
export class MoreGateway {
  @SubscribeMessage('echo')
  echo(): object {
    return { event: 'more' };
  }
}

/** Code that a nonsense origin breaks: before the handshake, within it, and after it. */
@WebSocketGateway({
  path: '/verified',
  verifyClient: ({ origin }: { origin: string }) => new URL(origin).host === 'friend.example',
})
export class VerifiedGateway {}

@WebSocketGateway({
  path: '/protocols',
  handleProtocols: (offered: Set<string>, { headers }: IncomingMessage) => {
    const { host } = new URL(headers.origin!);
    return offered.has(host) && host;
  },
})
export class ProtocolsGateway {}

@WebSocketGateway({ path: '/listened' })
export class ListenedGateway implements OnGatewayInit<Server> {
  afterInit(server: Server): void {
    server.on('connection', (_client, { headers }: IncomingMessage) => new URL(headers.origin!));
  }
}

/** It decides later, by a callback. */
@WebSocketGateway({
  path: '/later',
  verifyClient: (
    { origin }: { origin: string },
    decide: (isWelcome: boolean, code?: number, text?: string, headers?: object) => void,
  ) => setImmediate(decide, origin === 'http://friend.example', 402, 'Pay', { 'X-Price': '5' }),
})
export class LaterGateway {}

export const WILD_GATEWAYS = [
  LiveGateway,
  MoreGateway,
  VerifiedGateway,
  ProtocolsGateway,
  ListenedGateway,
  LaterGateway,
];
