import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { messageHandlersOf } from './message-handlers.js';

@WebSocketGateway()
class EchoGateway {
  private readonly prefix = 'of';

  @SubscribeMessage('echo')
  echo(connection: string, message: string): string {
    return `${message} ${this.prefix} ${connection}`;
  }

  /** No handler. */
  help(): string {
    return this.prefix;
  }
}

describe('the handlers of a gateway', () => {
  const handlers = messageHandlersOf(new EchoGateway());

  it('are its methods with @SubscribeMessage, by their messages', () => {
    expect([...handlers.keys()]).toEqual(['echo']);
  });

  it('get the connection and the message', () => {
    expect(handlers.get('echo')!('one', 'a word')).toBe('a word of one');
  });
});
