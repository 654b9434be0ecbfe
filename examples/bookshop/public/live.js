const PROTOCOL = 'kittiwake.v1.json';
/** The app may be asked three times, for 15 seconds each; most people give up before. */
const REPLY_TIMEOUT_MS = 20_000;
/** A browser does not notice that a network went away: we ask, and a gateway that stays silent this long is gone. */
const PING_PERIOD_MS = 10_000;
const SILENCE_MS = 25_000;
const MAX_WAIT_MS = 10_000;
/** Close codes after which trying again is of no use: what was sent was wrong, or the client is not wanted. */
const FINAL_CODES = new Set([1002, 1003, 1007, 1009, 4403]);
/** A connection that held this long was a good one: the next wait is short again. */
const GOOD_AFTER_MS = 5000;

/** A refusal, in the words of the gateway or the app. `data` is what the app added. */
export class RefusedError extends Error {
  constructor(frame) {
    super(String(frame.error));
    this.code = frame.code;
    this.data = frame.data;
  }
}

/**
 * One WebSocket that comes back: each time with a new ticket, subscribed to the same topics from where it was, and so with
 * what was published meanwhile, or with their current state where that is not kept.
 */
export class Live {
  #options;
  #socket;
  #pending = new Map();
  /** By topic, where we are: for the gateway, which alone knows what it means. */
  #positions = new Map();
  /** By topic, who is there, and the number of the last frame about it. */
  #present = new Map();
  #lastId = 0;
  #attempt = 0;
  #failures = 0;
  #isPaused = false;
  #liveSinceMs = Infinity;
  #heardAtMs = 0;
  #timer;

  /**
   * @param {object} options
   * @param {string[]} options.topics
   * @param {string} [options.presentIn] The topic of which it is to be told who is there.
   * @param {(members: Map<unknown, object>, count: number) => void} [options.onPresent] Who is there, or how many.
   * @param {() => Promise<{ ticket: string, url: string }>} options.openTicket Asks the app for a ticket.
   * @param {(state: 'connecting' | 'live' | 'reconnecting' | 'paused' | 'closed', reason?: string) => void} options.onState
   * @param {(subscription: string, error: RefusedError) => void} options.onRefused One topic; the others go on.
   * @param {(subscription: string, data: unknown) => void} options.onData The state of a topic, and each publication.
   * @param {(subscription: string) => void} [options.onRecovered] What was missed of a topic follows, in place of its state.
   * @param {(direction: 'sent' | 'received', frame: object) => void} options.onFrame
   */
  constructor(options) {
    this.#options = options;
    setInterval(() => this.#ping(), PING_PERIOD_MS);
    addEventListener('online', () => this.#socket ?? this.restart());
  }

  /** Connects; again, if it is connected. */
  restart() {
    this.#close();
    this.#options.onState(this.#lastId === 0 ? 'connecting' : 'reconnecting');
    void this.#open();
  }

  /** Sends a message on a topic. @returns the `data` of the reply. @throws {RefusedError} */
  async send(subscription, data) {
    return (await this.#request({ event: 'message', subscription, data })).data;
  }

  /** Lets the connection go without a word, as a network does. {@link restart} is its coming back. */
  cut() {
    this.#close();
    this.#options.onState('cut');
  }

  /** Unsubscribes, and stays connected. @returns {Promise<unknown[]>} what the app said to it, by topic. */
  async pause() {
    const replies = this.#options.topics.map((subscription) =>
      this.#request({ event: 'unsubscribe', subscription }),
    );
    const data = (await Promise.all(replies)).map((reply) => reply.data);
    this.#isPaused = true;
    this.#options.onState('paused');
    return data;
  }

  /** Subscribes again: what was missed comes with the state. */
  resume() {
    this.#isPaused = false;
    if (this.#socket?.readyState === WebSocket.OPEN) void this.#subscribe(this.#socket, []);
    else this.restart();
  }

  async #open() {
    const attempt = ++this.#attempt;
    let ticket;
    try {
      ticket = await this.#options.openTicket();
    } catch (error) {
      if (attempt === this.#attempt) this.#lost(error.message);
      return;
    }
    // Meanwhile somebody may have asked for another connection.
    if (attempt !== this.#attempt) return;
    const socket = new WebSocket(ticket.url, PROTOCOL);
    this.#socket = socket;
    this.#heardAtMs = Date.now();
    socket.addEventListener('open', () => {
      if (socket !== this.#socket) return;
      // Nothing waits for an answer here: the gateway handles the events of a connection in order.
      const authenticated = this.#request({ event: 'auth', method: 'ticket', ticket: ticket.ticket });
      void this.#subscribe(socket, [authenticated]);
    });
    socket.addEventListener(
      'message',
      ({ data }) => socket === this.#socket && this.#receive(JSON.parse(data)),
    );
    socket.addEventListener('close', ({ code, reason }) => {
      if (socket !== this.#socket) return;
      const why = reason || `The connection closed (${code}).`;
      if (FINAL_CODES.has(code)) this.#end(why);
      else this.#lost(why);
    });
  }

  async #subscribe(socket, earlier) {
    const topics = this.#isPaused ? [] : this.#options.topics;
    const subscribed = topics.map((subscription) => this.#subscribeTo(socket, subscription));
    try {
      await Promise.all([...earlier, ...subscribed]);
      if (socket !== this.#socket) return;
      this.#liveSinceMs = Date.now();
      this.#options.onState(this.#isPaused ? 'paused' : 'live');
    } catch (error) {
      if (socket === this.#socket) this.#lost(error.message);
    }
  }

  /** A refusal is told, and concerns this topic alone; where the app could not be asked, it is asked again. */
  async #subscribeTo(socket, subscription, failures = 0) {
    try {
      const position = this.#positions.get(subscription);
      const from = position === undefined ? { recover: true } : { position };
      const presence = subscription === this.#options.presentIn ? { presence: true } : {};
      const reply = await this.#request({ event: 'subscribe', subscription, ...from, ...presence });
      if (socket !== this.#socket) return;
      const { data, recovered } = reply;
      if (reply.presence) this.#showPresent(subscription, reply.presence);
      if (recovered) this.#options.onRecovered?.(subscription);
      else this.#options.onData(subscription, data);
    } catch (error) {
      if (!(error instanceof RefusedError)) throw error;
      if (socket !== this.#socket) return;
      this.#options.onRefused(subscription, error);
      if (error.code === 'service_unavailable') this.#subscribeLater(socket, subscription, failures);
    }
  }

  #subscribeLater(socket, subscription, failures) {
    setTimeout(() => {
      if (socket !== this.#socket || this.#isPaused) return;
      this.#subscribeTo(socket, subscription, failures + 1).catch((error) => this.#lost(error.message));
    }, waitMs(failures));
  }

  #request(frame) {
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      if (this.#socket?.readyState !== WebSocket.OPEN) throw new Error('There is no connection right now.');
      const timer = setTimeout(
        () => this.#settle(id)?.reject(new Error('There was no answer.')),
        REPLY_TIMEOUT_MS,
      );
      this.#pending.set(id, { resolve, reject, timer });
      this.#socket.send(JSON.stringify({ ...frame, id }));
      this.#options.onFrame('sent', { ...frame, id });
    });
  }

  #settle(id) {
    const request = this.#pending.get(id);
    clearTimeout(request?.timer);
    this.#pending.delete(id);
    return request;
  }

  #receive(frame) {
    this.#heardAtMs = Date.now();
    if (frame.event === 'pong' || frame.event === 'hello') return;
    this.#options.onFrame('received', frame);
    if (frame.position) this.#positions.set(frame.subscription, frame.position);
    if (frame.event === 'reset') return this.#startOver(frame.subscription);
    const request = this.#settle(frame.id);
    if (request && frame.status === 'ok') request.resolve(frame);
    else if (request) request.reject(new RefusedError(frame));
    else if (frame.event === 'presence') this.#showPresent(frame.subscription, frame);
    else if (frame.event === 'message') this.#options.onData(frame.subscription, frame.data);
    else if (frame.event === 'unsubscribe') this.#lapsed(frame);
  }

  /** All who are there, what has changed since the frame before, or how many there are. */
  #showPresent(subscription, { seq, members, count, join = [], leave = [] }) {
    const known = this.#present.get(subscription);
    if (!members && count === undefined && seq !== known?.seq + 1) return this.restart();
    const present = members || count !== undefined ? new Map() : known.present;
    for (const member of members ?? join) present.set(member.key, member);
    for (const key of leave) present.delete(key);
    this.#present.set(subscription, { seq, present });
    this.#options.onPresent?.(present, count ?? present.size);
  }

  /** Something may be missing: the state has it. */
  #startOver(subscription) {
    this.#positions.delete(subscription);
    this.restart();
  }

  /** The gateway has ended a subscription. Trying again tells whether that was the last word. */
  #lapsed(frame) {
    this.#options.onRefused(frame.subscription, new RefusedError(frame));
    this.#subscribeLater(this.#socket, frame.subscription, 0);
  }

  #ping() {
    if (this.#socket?.readyState !== WebSocket.OPEN) return;
    if (Date.now() - this.#heardAtMs > SILENCE_MS) this.#lost('The gateway fell silent.');
    else this.#socket.send(JSON.stringify({ event: 'ping', data: null }));
  }

  #lost(reason) {
    if (Date.now() - this.#liveSinceMs > GOOD_AFTER_MS) this.#failures = 0;
    this.#close();
    this.#options.onState('reconnecting', reason);
    this.#timer = setTimeout(() => void this.#open(), waitMs(this.#failures));
    this.#failures += 1;
  }

  #end(reason) {
    this.#close();
    this.#options.onState('closed', reason);
  }

  #close() {
    clearTimeout(this.#timer);
    this.#attempt += 1;
    this.#liveSinceMs = Infinity;
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.close(1000);
    for (const id of this.#pending.keys()) this.#settle(id)?.reject(new Error('The connection was lost.'));
  }
}

/** 0.5 to 1 s first, then doubling up to 10 s; at random, so that not everybody comes back in the same moment. */
function waitMs(failures) {
  return Math.min(MAX_WAIT_MS, 1000 * 2 ** failures) * (0.5 + 0.5 * Math.random());
}
