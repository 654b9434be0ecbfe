import {
  MessageBody,
  type OnGatewayConnection,
  type OnGatewayDisconnect,
  SubscribeMessage,
  WebSocketGateway,
  type WsResponse,
} from '@nestjs/websockets';

/** A gateway that the app had before Kittiwake: it stays what it was. */
@WebSocketGateway({ path: '/chat' })
export class ChatGateway implements OnGatewayConnection, OnGatewayDisconnect {
  present = 0;

  handleConnection(): void {
    this.present++;
  }

  handleDisconnect(): void {
    this.present--;
  }

  @SubscribeMessage('say')
  say(@MessageBody() text: string): WsResponse<string> {
    return { event: 'said', data: text };
  }
}
