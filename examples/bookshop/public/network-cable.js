import { webSocket } from '/client.js';

const openWebSocket = webSocket();

/** A network that one can unplug, as a transport of the client: what goes over it ends without a word. */
export class NetworkCable {
  #isPlugged = true;
  #transport;
  #events;

  /** A `TransportFactory` of the client. */
  transport = (url, events) => {
    if (!this.#isPlugged) throw new Error('The network is unplugged.');
    this.#events = events;
    this.#transport = openWebSocket(url, events);
    return this.#transport;
  };

  get isPlugged() {
    return this.#isPlugged;
  }

  unplug() {
    this.#isPlugged = false;
    this.#transport?.close();
    this.#events?.closed(1006, '');
  }

  plugIn() {
    this.#isPlugged = true;
  }
}
