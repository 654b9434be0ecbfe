import { connect } from 'amqplib';
import { Templates } from './templates.mjs';

/** Of the gateway's configuration: see `rooms.yaml`. */
const EXCHANGE = 'hightemplar';
const ROUTING_KEY = '*';

/** Triggers rooms through RabbitMQ. Nothing is acknowledged: what arrives has been taken. */
export class RabbitMqPublisher {
  canPublish = true;
  isIdle = true;

  #url;
  #connection;
  #channel;
  #templates = new Templates((topic, data) =>
    Buffer.from(`{"rooms":[${JSON.stringify({ target: topic })}],"data":${data}}`),
  );

  constructor({ rabbitMqUrl }) {
    this.#url = rabbitMqUrl;
  }

  async open() {
    this.#connection = await connect(this.#url);
    this.#channel = await this.#connection.createChannel();
  }

  publish(topic, sequence, dataBytes) {
    const { bytes, digitsAt } = this.#templates.of(topic, dataBytes);
    const copy = Buffer.from(bytes);
    Templates.fill(copy, digitsAt, sequence);
    this.#channel.publish(EXCHANGE, ROUTING_KEY, copy);
  }

  flush() {
    // amqplib writes by itself, once per turn
  }

  close() {
    void this.#connection.close();
  }
}
