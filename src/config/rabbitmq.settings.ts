import { duration } from './number.kind.js';
import { Setting } from './setting.decorator.js';
import { AMQP_URL, FILLED_TEXT } from './text-format.js';
import { text } from './text.kind.js';

/** RabbitMQ as a source of triggers: a queue of this node alone, bound to a direct exchange. */
export class RabbitMqSettings {
  @Setting({ kind: text(AMQP_URL), about: 'The server, with user, password and virtual host.' })
  readonly url: string = 'amqp://guest:guest@127.0.0.1:5672';

  @Setting({ kind: text(FILLED_TEXT), about: 'The exchange that triggers are published on.' })
  readonly exchange: string = 'hightemplar';

  @Setting({ kind: text(FILLED_TEXT), about: 'The routing key of triggers.' })
  readonly routingKey: string = '*';

  @Setting({ kind: duration({ min: 1000 }), about: 'How often the connection is tested.' })
  readonly heartbeatMs: number = 10_000;
}
