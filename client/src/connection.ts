import { backOffMs } from './back-off.js';
import { type Clock, systemClock } from './clock.js';
import { isFinal } from './close-codes.js';
import { KittiwakeError } from './errors.js';
import type { Frame } from './frame.js';
import { createIdentity, type Identity } from './identity/identity.js';
import type { Link } from './link.js';
import { createListeners, type Listeners } from './listeners.js';
import type { Options } from './options.js';
import { createPage } from './page/page.js';
import { guarded, platform } from './platform.js';
import { createRequests, type Requests } from './requests.js';
import type { Reason, State, StateInfo } from './state.js';
import { createWatch, type Watch } from './page/watch.js';
import { webSocket } from './transport/web-socket.js';

/** Events of a connection: the first two for users, the rest for what lives on it. */
interface Events {
  state: [State, StateInfo];
  error: [KittiwakeError];
  /** The connection is there: whatever the gateway has to know is said now. */
  opened: [];
  lost: [];
  /** The gateway knows now who the client is. */
  identified: [];
  /** Nothing comes any more. */
  closed: [KittiwakeError];
  /** A frame that no request has waited for. */
  frame: [Frame];
}

/** The one connection of a client: makes it, keeps it, and makes it anew. `docs/client.md` has its rules as a table. */
export interface Connection {
  readonly listeners: Listeners<Events>;
  readonly clock: Clock;
  readonly timeoutMs: number;
  readonly requests: Requests;
  readonly identity: Identity;
  readonly watch: Watch;
  readonly state: State;
  readonly info: StateInfo;
  readonly link: Link | undefined;
  /** The number of connections so far. */
  readonly lives: number;
  /** A part that is made by whoever uses it first, so that nobody else has it in the bundle. */
  part<P>(make: (connection: Connection) => P): P;
  /**
   * Keeps the connection, and makes it if there is none, until what it returns is called.
   * @param mayReopen whether it may leave `closed`. @throws `closed`
   */
  hold(mayReopen?: boolean): () => void;
  send(frame: Frame): void;
  /** Connects at once, whatever there is. */
  open(reason: Reason): void;
  close(error: KittiwakeError, reason?: Reason): void;
}

type Told = Partial<StateInfo> & { reason: Reason };

export function createConnection(options: Options): Connection {
  // Numbers stand in the function that has them: so those who minify can put them where they are used.
  /** A connection has proven good after so long a life, and a frame after that. */
  const PROVEN_MS = 10_000;
  /** All clients of a gateway that restarts come back within this time. */
  const SPREAD_MS = 5000;
  /** The close code of a gateway that stops, and all its clients come back at once: they spread. */
  const RESTART = 1012;
  /** The token or ticket is no good any more. */
  const EXPIRED = 4401;
  /** Too many events or failures: come back later than usual. */
  const TOO_MANY = 4429;
  const { clock = systemClock } = options;
  const listeners = createListeners<Events>();
  const { emit } = listeners;
  const parts = new Map<unknown, unknown>();
  const uses = new Set<unknown>();
  let attempt = 0;
  /** Since it has proven good: the waits become longer. */
  let tries = 0;
  /** Until the next try, or until a connection ends that nobody uses. */
  let timer: unknown;
  /** Until the first frame. */
  let deadline: unknown;

  const connection = {
    clock,
    listeners,
    here,
    hold,
    send,
    open,
    ready,
    lose,
    freeze,
    close,
    identified,
    timeoutMs: options.timeoutMs ?? 20_000,
    state: 'idle' as State,
    info: { reason: 'asked', attempt: 0, sinceMs: clock.now() } as StateInfo,
    link: undefined as Link | undefined,
    lives: 0,
  };
  const requests = createRequests(connection, options.queue);
  const identity = createIdentity(connection, requests, options.auth);
  const watch = createWatch(
    clock,
    options.ping,
    () => send({ event: 'ping' }),
    () => lose('silent'),
  );
  const page = createPage(connection, watch, options.pageEvents);
  const whole: Connection = Object.assign(connection, { requests, identity, watch, part });
  return whole;

  function part<P>(make: (connection: Connection) => P): P {
    if (!parts.has(make)) parts.set(make, make(whole));
    return parts.get(make) as P;
  }

  /** Does nothing once the connection is another. */
  function here<A extends unknown[]>(task: (...args: A) => void): (...args: A) => void {
    const { link } = connection;
    return (...args) => {
      if (link === connection.link) task(...args);
    };
  }

  function hold(mayReopen?: boolean): () => void {
    if (connection.state === 'closed' && !mayReopen) throw new KittiwakeError('closed');
    const release = (): void => {
      if (!uses.delete(release) || uses.size) return;
      if (connection.state === 'waiting') rest();
      else linger();
    };
    uses.add(release);
    if (connection.link) clock.clear(timer);
    else if (connection.state !== 'waiting') open('asked');
    return release;
  }

  function linger(): void {
    timer = clock.set(rest, options.lingerMs ?? 5000);
  }

  /** @throws TypeError when it cannot be written as JSON. */
  function send(frame: Frame): void {
    const text = JSON.stringify(frame);
    if (frame.event !== 'auth') debug('out', frame);
    guarded(() => connection.link?.transport?.send(text));
  }

  function open(reason: Reason): void {
    drop();
    page.listen();
    attempt++;
    const link: Link = {};
    connection.link = link;
    const failed = here((text: unknown) => lose('lost', { text: String(text) }));
    deadline = clock.set(() => failed('no first frame in time'), options.openTimeoutMs ?? 8000);
    // While the gateway is away the app is not asked over and over: then a connection comes first.
    if (attempt === 1) identity.begin();
    if (!uses.size) linger();
    carry(link).catch(failed);
    become('connecting', { reason });
  }

  /** The connection is no good: waits, and makes another. */
  function lose(reason: Reason, told?: Partial<StateInfo>, inMs?: number): void {
    drop();
    if (!uses.size) return rest();
    const retryInMs = inMs ?? waitMs();
    timer = clock.set(() => open(reason), retryInMs);
    become('waiting', { reason, retryInMs, ...told });
  }

  /** Lets go, and waits for the page to be there again. */
  function freeze(): void {
    drop();
    become('waiting', { reason: 'frozen' });
  }

  function close(error: KittiwakeError, reason: Reason = 'asked', code?: number): void {
    if (connection.state === 'closed') return;
    rest({ reason, text: error.message, ...(code && { code }) }, error);
    if (reason === 'refused') emit('error', error);
  }

  /** Says everything, as soon as the gateway has said hello and it is known who the client is. */
  function ready(): void {
    const { link, state, info } = connection;
    if (state !== 'connecting' || !link?.hello || link.credential === undefined) return;
    connection.lives++;
    attempt = 0;
    watch.start();
    become('live', { reason: info.reason, transport: link.transport!.name });
  }

  /** The gateway knows who the client is: what has waited for that goes on. */
  function identified(): void {
    emit('identified');
    requests.flush();
  }

  async function carry(link: Link): Promise<void> {
    const { url, transports = [webSocket()] } = options;
    const given = await (typeof url === 'function' ? url() : url);
    if (link !== connection.link) return;
    const { href } = new platform.URL(
      typeof given === 'string' ? given : given.href,
      platform.location?.href,
    );
    const [first, second] = transports;
    // Another one each time, until one has brought a frame.
    const turn = transports[(attempt - 1) % transports.length]!;
    link.transport = (second?.after?.(first!) ?? turn)(href, {
      frame: here((text) => guarded(() => received(link, JSON.parse(text) as Frame))),
      closed: here(ended),
    });
  }

  function received(link: Link, frame: Frame): void {
    watch.heard();
    debug('in', frame);
    if (connection.state === 'live' && clock.now() - connection.info.sinceMs >= PROVEN_MS) tries = 0;
    if (frame.event === 'pong') watch.ponged();
    else if (!link.hello) {
      link.hello = frame;
      clock.clear(deadline);
      if (attempt > 1) identity.begin();
      ready();
    } else if (frame.status === undefined || !requests.replied(frame)) emit('frame', frame);
  }

  function ended(code: number, text: string): void {
    if (isFinal(code))
      return close(new KittiwakeError('refused', text || `closed with ${code}`), 'refused', code);
    let inMs: number | undefined;
    if (code === EXPIRED) {
      identity.expired();
      if (!tries++) inMs = 0;
    } else if (code === TOO_MANY) inMs = waitMs({ ...options.backOff, baseMs: SPREAD_MS });
    else if (code === RESTART && connection.state === 'live') {
      inMs = clock.random() * SPREAD_MS;
      tries = 2; // One that is not there by then is no short absence.
    }
    lose(code === EXPIRED ? 'auth' : code < 1011 ? 'lost' : 'server', { code, text }, inMs);
  }

  function waitMs(backOff = options.backOff): number {
    return backOffMs(clock, tries++, backOff);
  }

  /** Lets go of the transport at once: its `closed` may come late, or never. */
  function drop(): void {
    const { link } = connection;
    connection.link = undefined;
    watch.stop();
    clock.clear(timer);
    clock.clear(deadline);
    identity.dropped();
    guarded(() => link?.transport?.close(1000));
  }

  function rest(told: Told = { reason: 'idle' }, error?: KittiwakeError): void {
    drop();
    uses.clear();
    identity.abort();
    page.end();
    attempt = 0;
    become(error ? 'closed' : 'idle', told, error);
  }

  /** All is in order before anybody is told, so that whoever hears of it may close or connect. */
  function become(next: State, told: Told, error?: KittiwakeError): void {
    const wasLive = connection.state === 'live';
    const info = { attempt, sinceMs: clock.now(), ...told };
    connection.state = next;
    connection.info = info;
    if (next === 'live') {
      identity.prove();
      emit('opened');
      requests.flush();
    } else if (wasLive) {
      requests.lost();
      emit('lost');
    }
    if (error) {
      requests.closed(error);
      emit('closed', error);
    }
    if (info !== connection.info) return; // It is otherwise again, and that has been told.
    debug('state', { state: next, ...info });
    emit('state', next, info);
  }

  function debug(type: 'state' | 'in' | 'out', what: unknown): void {
    options.debug?.({ atMs: clock.now(), type, what });
  }
}
