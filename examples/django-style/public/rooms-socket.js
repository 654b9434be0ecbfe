/** Below both the time after which proxies forget a silent connection and that after which the desk forgets a page. */
const PING_MS = 10_000;

/** A connection to the rooms: joins every allowed room, and comes back when it is lost. High-Templar's protocol. */
export class RoomsSocket {
  #url;
  #handlers;

  /** Handlers: `onState(text)`, `onJoined(room)` and `onData(room, data)`. */
  constructor(url, handlers) {
    this.#url = url;
    this.#handlers = handlers;
  }

  connect() {
    const socket = new WebSocket(this.#url);
    const subscriber = new Subscriber(socket, this.#handlers);
    const pinging = setInterval(() => socket.readyState === WebSocket.OPEN && socket.send('ping'), PING_MS);
    socket.addEventListener('message', ({ data }) => {
      if (data !== 'pong') subscriber.receive(JSON.parse(data));
    });
    socket.addEventListener('close', () => {
      clearInterval(pinging);
      if (subscriber.isRefused) return;
      this.#handlers.onState('Reconnecting');
      setTimeout(() => this.connect(), 500 + 1000 * Math.random());
    });
  }
}

/** What one connection has joined. The number of a room in the list of allowed ones is its request id. */
class Subscriber {
  isRefused = false;
  #rooms = [];
  #joined = 0;
  #socket;
  #handlers;

  constructor(socket, handlers) {
    this.#socket = socket;
    this.#handlers = handlers;
  }

  receive(frame) {
    if (frame.type === 'publish') this.#handlers.onData(this.#rooms[frame.requestId], frame.data);
    else if (frame.type === 'unsubscribe') this.#handlers.onState('Some rooms are closed to you now');
    else if (frame.is_authorized !== undefined) this.#begin(frame);
    else if (frame.code === 'success') this.#handlers.onJoined(this.#rooms[this.#joined++]);
  }

  #begin({ is_authorized: isAuthorized, allowed_rooms: rooms }) {
    this.isRefused = !isAuthorized;
    this.#handlers.onState(isAuthorized ? 'Live' : 'Refused: sign in first');
    if (!isAuthorized) return;
    this.#rooms = rooms;
    for (const [requestId, room] of rooms.entries())
      this.#socket.send(JSON.stringify({ type: 'subscribe', room, requestId }));
  }
}
