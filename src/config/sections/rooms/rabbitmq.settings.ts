import { texts } from '../../kinds/collection.kind.js';
import { duration } from '../../kinds/number.kind.js';
import { section } from '../../kinds/section.kind.js';
import { Setting } from '../../kinds/setting.decorator.js';
import { AMQP_URL, FILLED_TEXT } from '../../kinds/text-format.js';
import { choice, flag, text } from '../../kinds/text.kind.js';
import { ClientTlsSettings } from '../client-tls.settings.js';

const EXCHANGE_TYPES = ['direct', 'topic', 'fanout'] as const;
type ExchangeType = (typeof EXCHANGE_TYPES)[number];

/** The ways in which triggers come from RabbitMQ. */
export const RABBITMQ_MODES = ['exclusive', 'durable', 'stream'] as const;
export type RabbitMqMode = (typeof RABBITMQ_MODES)[number];

/** RabbitMQ as a source of triggers: a queue bound to an exchange. */
export class RabbitMqSettings {
  @Setting({ kind: text(AMQP_URL), about: 'The server, with user, password and virtual host.' })
  readonly url: string = 'amqp://guest:guest@127.0.0.1:5672';

  @Setting({
    kind: texts(AMQP_URL),
    about: 'Several servers, instead of `url`: any of them, and the next one when it is lost.',
  })
  readonly urls: readonly string[] = [];

  @Setting({
    kind: choice(RABBITMQ_MODES),
    about:
      'A queue of each node alone, as in High-Templar, in which nothing waits while the node is away (`exclusive`); a durable one for all nodes, of which one takes what comes and keeps it in `rooms.history` (`durable`); or a stream that all nodes read, which is itself the history (`stream`, RabbitMQ 3.9 and later).',
  })
  readonly mode: RabbitMqMode = 'exclusive';

  @Setting({
    kind: text(FILLED_TEXT),
    optional: true,
    about:
      'The exchange that triggers are published on; by default `hightemplar`, and `kittiwake` with the modes `durable` and `stream`.',
  })
  readonly exchange?: string;

  @Setting({ kind: choice(EXCHANGE_TYPES), about: 'The type of the exchange.' })
  readonly exchangeType: ExchangeType = 'direct';

  @Setting({
    kind: flag(),
    optional: true,
    about:
      'Whether the exchange outlives a restart of RabbitMQ; by default with the modes `durable` and `stream` only.',
  })
  readonly exchangeDurable?: boolean;

  @Setting({
    kind: text(FILLED_TEXT),
    optional: true,
    about:
      'The queue of all nodes; by default `kittiwake_rooms` with `mode: durable`, and `kittiwake_rooms_stream` with `mode: stream`.',
  })
  readonly queue?: string;

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
