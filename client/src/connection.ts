import { BackOff } from './back-off.js';
import { type Clock, systemClock } from './clock.js';
import { EXPIRED, isFinal, RESTART, TOO_MANY } from './close-codes.js';
import { Credentials } from './credentials.js';
import type { Domain, Frame } from './domain.js';
import { KittiwakeError } from './errors.js';
import { Identity } from './identity.js';
import type { Link } from './link.js';
import { Listeners } from './listeners.js';
import type { Options } from './options.js';
import { Page } from './page.js';
import { platform, report } from './platform.js';
import { Requests } from './requests.js';
import type { Reason, State, StateInfo } from './state.js';
import { Watch } from './watch.js';
import { webSocket } from './web-socket.js';

type Told = Partial<StateInfo> & { reason: Reason };

/** A connection has proven good after so long a life, and a frame after that. */
const PROVEN_MS = 10_000;
/** All clients of a gateway that restarts come back within this time. */
const SPREAD_MS = 5000;

/** The one connection of a client: makes it, keeps it, and makes it anew. `docs/client.md` has its rules as a table. */
export class Connection {
  readonly listeners = new Listeners<{ state: [State, StateInfo]; error: [KittiwakeError] }>();
  readonly requests: Requests;
  readonly clock: Clock;
  readonly timeoutMs: number;
  readonly maxWaiting: number;
  readonly identity: Identity;
  readonly watch: Watch;
  state: State = 'idle';
  info: StateInfo;
  link: Link | undefined;
  /** How many connections there have been. */
  lives = 0;
  readonly #options: Options;
  readonly #backOff: BackOff;
  readonly #page: Page;
  readonly #domains = new Map<unknown, Domain>();
  readonly #uses = new Set<unknown>();
  #attempt = 0;
  /** How often a transport has failed before its first frame: another is tried each time. */
  #failures = 0;
  #timer: unknown;
  #proof: unknown;
  #isProven = false;
  #hasExpired = false;

  constructor(options: Options) {
    this.#options = options;
    this.clock = options.clock ?? systemClock;
    this.timeoutMs = options.timeoutMs ?? 20_000;
    this.maxWaiting = options.queue ?? 100;
    this.info = { reason: 'asked', attempt: 0, sinceMs: this.clock.now() };
    this.requests = new Requests(this);
    this.identity = new Identity(this, new Credentials(options.auth, this.clock, this.timeoutMs));
    this.watch = new Watch(
      this.clock,
      options.ping ?? {},
      () => this.send({ event: 'ping' }),
      () => this.lose('silent'),
    );
    this.#backOff = new BackOff(this.clock, options.backOff);
    this.#page = new Page(this, options.pageEvents);
  }

  get isLive(): boolean {
    return this.link?.isLive === true;
  }

  get isProving(): boolean {
    return this.identity.isProving;
  }

  /** A part of the client that is made by whoever uses it first, so that nobody else has it in the bundle. */
  domain<D extends Domain>(kind: new (connection: Connection) => D): D {
    let domain = this.#domains.get(kind) as D | undefined;
    if (!domain) this.#domains.set(kind, (domain = new kind(this)));
    return domain;
  }

  /** Keeps the connection, and makes it if there is none, until what it returns is called. @throws `closed` */
  hold(): () => void {
    if (this.state === 'closed') throw new KittiwakeError('closed', 'the client is closed');
    const use = {};
    this.#uses.add(use);
    if (this.state === 'idle') this.open('asked');
    else if (this.state !== 'waiting') this.clock.clear(this.#timer);
    return () => {
      if (this.#uses.delete(use) && this.#uses.size === 0) this.#linger();
    };
  }

  send(frame: object): void {
    if (!('event' in frame && frame.event === 'auth')) this.#debug('out', frame);
    try {
      this.link?.transport?.send(JSON.stringify(frame));
    } catch (error) {
      report(error);
    }
  }

  /** Connects at once, whatever there is. */
  open(reason: Reason): void {
    this.#drop();
    this.#page.listen();
    this.#attempt++;
    const link: Link = { isLive: false };
    this.link = link;
    const late = (): void => this.lose('lost', { text: 'no first frame in time' });
    link.timer = this.clock.set(late, this.#options.openTimeoutMs ?? 8000);
    // While the gateway is away the app is not asked over and over: then a connection comes first.
    if (this.#attempt === 1) this.identity.begin(link);
    void this.#carry(link);
    this.#become('connecting', { reason });
  }

  /** The connection is no good: waits, and makes another. */
  lose(reason: Reason, { inMs, ...told }: { inMs?: number; code?: number; text?: string } = {}): void {
    if (!this.link?.isLive) this.#failures++;
    this.#drop();
    if (this.#uses.size === 0) return this.#rest('idle', { reason: 'idle' });
    const retryInMs = inMs ?? this.#backOff.next();
    this.#timer = this.clock.set(() => this.open(reason), retryInMs);
    this.#become('waiting', { reason, retryInMs, ...told });
  }

  /** Lets go, and waits for the page to be there again. */
  freeze(): void {
    this.#drop();
    this.#become('waiting', { reason: 'frozen' });
  }

  close(error: KittiwakeError, reason: Reason = 'asked', code?: number): void {
    if (this.state === 'closed') return;
    this.#drop();
    this.#uses.clear();
    this.#rest('closed', { reason, text: error.message, ...(code && { code }) });
    if (reason === 'refused') this.listeners.emit('error', error);
    this.requests.closed(error);
    for (const domain of this.#domains.values()) domain.closed(error);
  }

  /** Leaves `closed`. */
  reopen(): void {
    if (this.state === 'closed') this.#become('idle', { reason: 'asked' });
  }

  /** Says everything, as soon as the gateway has said hello and it is known who the client is. */
  ready(link: Link): void {
    if (link.isLive || !link.hello || !this.identity.isKnown) return;
    link.isLive = true;
    this.lives++;
    this.#failures = this.#attempt = 0;
    this.#isProven = false;
    this.#proof = this.clock.set(() => (this.#isProven = true), PROVEN_MS);
    this.watch.start();
    this.state = 'live';
    this.identity.prove(link);
    for (const domain of this.#domains.values()) domain.opened();
    this.requests.flush();
    this.#become('live', { reason: this.info.reason, transport: link.transport!.name });
  }

  /** The gateway knows now who the client is: what has waited for that goes on. */
  identified(): void {
    for (const domain of this.#domains.values()) domain.identified();
    this.requests.flush();
  }

  async #carry(link: Link): Promise<void> {
    try {
      const url = await urlOf(this.#options.url);
      const isOurs = (): boolean => link === this.link;
      if (!isOurs()) return;
      const { transports = [webSocket()] } = this.#options;
      link.transport = transports[this.#failures % transports.length]!(url, {
        frame: (text) => isOurs() && this.#received(link, text),
        closed: (code, text) => isOurs() && this.#ended(code, text),
      });
    } catch (error) {
      if (link === this.link) this.lose('lost', { text: String(error) });
    }
  }

  #received(link: Link, text: string): void {
    this.watch.heard();
    let frame: Frame;
    try {
      frame = JSON.parse(text) as Frame;
    } catch (error) {
      return report(error);
    }
    this.#debug('in', frame);
    if (this.#isProven) this.#prove();
    if (frame.event === 'pong') this.watch.ponged();
    else if (!link.hello) this.#greeted(link, frame);
    else if (frame.status === undefined || !this.requests.replied(frame.id, frame))
      for (const domain of this.#domains.values()) domain.received(frame);
    this.ready(link);
  }

  #greeted(link: Link, hello: Frame): void {
    link.hello = hello;
    this.clock.clear(link.timer);
    if (this.#attempt > 1) this.identity.begin(link);
  }

  #prove(): void {
    this.#backOff.reset();
    this.#hasExpired = false;
  }

  #ended(code: number, text: string): void {
    const told = { code, text };
    if (isFinal(code)) {
      this.close(new KittiwakeError('refused', text || `closed with ${code}`), 'refused', code);
    } else if (code === EXPIRED) {
      const isFirst = !this.#hasExpired;
      this.#hasExpired = true;
      this.identity.expired();
      this.lose('auth', isFirst ? { ...told, inMs: 0 } : told);
    } else if (code === TOO_MANY) this.lose('server', { ...told, inMs: this.#backOff.next(SPREAD_MS) });
    else if (code === RESTART && this.isLive)
      this.lose('server', { ...told, inMs: this.clock.random() * SPREAD_MS });
    else this.lose(code < 1011 ? 'lost' : 'server', told);
  }

  /** Lets go of the transport at once: its `closed` may come late, or never. */
  #drop(): void {
    const link = this.link;
    this.link = undefined;
    this.watch.stop();
    for (const timer of [this.#proof, this.#timer, link?.timer]) this.clock.clear(timer);
    this.identity.dropped();
    try {
      link?.transport?.close(1000);
    } catch (error) {
      report(error);
    }
    if (!link?.isLive) return;
    this.requests.lost();
    for (const domain of this.#domains.values()) domain.lost();
  }

  #linger(): void {
    const stop = (): void => {
      this.#drop();
      this.#rest('idle', { reason: 'idle' });
    };
    if (this.state === 'waiting') stop();
    else if (this.link) this.#timer = this.clock.set(stop, this.#options.lingerMs ?? 5000);
  }

  #rest(state: State, info: Told): void {
    this.identity.abort();
    this.#page.end();
    this.#attempt = 0;
    this.#become(state, info);
  }

  #become(state: State, told: Told): void {
    this.state = state;
    this.info = { attempt: this.#attempt, sinceMs: this.clock.now(), ...told };
    this.#debug('state', { state, ...this.info });
    this.listeners.emit('state', state, this.info);
  }

  #debug(type: 'state' | 'in' | 'out', what: unknown): void {
    this.#options.debug?.({ atMs: this.clock.now(), type, what });
  }
}

async function urlOf(url: Options['url']): Promise<string> {
  const text = typeof url === 'function' ? await url() : typeof url === 'string' ? url : url.href;
  return new platform.URL(text, platform.location?.href).href;
}
