import { texts } from '../../kinds/collection.kind.js';
import { duration } from '../../kinds/number.kind.js';
import { section } from '../../kinds/section.kind.js';
import { Setting } from '../../kinds/setting.decorator.js';
import { AMQP_URL, FILLED_TEXT } from '../../kinds/text-format.js';
import { choice, flag, text } from '../../kinds/text.kind.js';
import { ClientTlsSettings } from '../client-tls.settings.js';

const EXCHANGE_TYPES = ['direct', 'topic', 'fanout'] as const;
type ExchangeType = (typeof EXCHANGE_TYPES)[number];

/** RabbitMQ as a source of triggers: a queue of this node alone, bound to an exchange. */
export class RabbitMqSettings {
  @Setting({ kind: text(AMQP_URL), about: 'The server, with user, password and virtual host.' })
  readonly url: string = 'amqp://guest:guest@127.0.0.1:5672';

  @Setting({
    kind: texts(AMQP_URL),
    about: 'Several servers, instead of `url`: any of them, and the next one when it is lost.',
  })
  readonly urls: readonly string[] = [];

  @Setting({ kind: text(FILLED_TEXT), about: 'The exchange that triggers are published on.' })
  readonly exchange: string = 'hightemplar';

  @Setting({ kind: choice(EXCHANGE_TYPES), about: 'The type of the exchange.' })
  readonly exchangeType: ExchangeType = 'direct';

  @Setting({ kind: flag(), about: 'Whether the exchange outlives a restart of RabbitMQ.' })
  readonly exchangeDurable: boolean = false;

  @Setting({ kind: text(FILLED_TEXT), about: 'The routing key of triggers; `topic` takes patterns.' })
  readonly routingKey: string = '*';

  @Setting({
    kind: duration({ min: 1000 }),
    about: 'How often the connection is tested, and exchange and binding are declared again.',
  })
  readonly heartbeatMs: number = 10_000;

  @Setting({
    kind: section(ClientTlsSettings),
    optional: true,
    about: 'TLS; switched on by this or by `amqps://`.',
  })
  readonly tls?: ClientTlsSettings;
}
