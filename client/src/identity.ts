import { BackOff } from './back-off.js';
import type { Credential, Credentials } from './credentials.js';
import { KittiwakeError } from './errors.js';
import type { Clock } from './clock.js';
import type { Link } from './link.js';
import type { AuthContext } from './options.js';
import type { Requests } from './requests.js';
import type { Reason } from './state.js';

/** The connection on which it is proven. */
interface Prover {
  readonly clock: Clock;
  readonly link: Link | undefined;
  readonly isLive: boolean;
  readonly requests: Requests;
  ready(link: Link): void;
  identified(): void;
  open(reason: Reason): void;
  lose(reason: Reason, told: { text: string }): void;
  close(error: KittiwakeError, reason: Reason): void;
}

/** Tells the gateway who the client is: on each connection, before it ends, and when the user asks for it. */
export class Identity {
  /** The gateway does not know yet, and may know soon. */
  isProving = false;
  readonly #connection: Prover;
  readonly #credentials: Credentials;
  readonly #backOff: BackOff;
  #why: AuthContext['reason'] = 'connect';
  #credential: Credential | undefined;
  #timer: unknown;

  constructor(connection: Prover, credentials: Credentials) {
    this.#connection = connection;
    this.#credentials = credentials;
    this.#backOff = new BackOff(connection.clock, { baseMs: 1000 });
  }

  /** Whether it is known what to prove, if anything. */
  get isKnown(): boolean {
    return this.#credential !== undefined;
  }

  /** Asks the app for what is to be proven, while the transport opens. */
  begin(link: Link): void {
    this.#get(link, this.#why, (credential) => {
      this.#why = 'connect';
      this.#credential = credential;
      this.#connection.ready(link);
    });
  }

  /** The first thing that is said on a connection. */
  prove(link: Link): void {
    this.isProving = !!this.#credential;
    if (this.#credential) void this.#prove(link, this.#credential);
  }

  /** The gateway has ended the connection for it. */
  expired(): void {
    this.#credentials.drop();
    this.#why = 'expiring';
  }

  /** The connection is gone, and so is what was proven on it. */
  dropped(): void {
    this.#connection.clock.clear(this.#timer);
    this.#credential = undefined;
    this.isProving = false;
  }

  abort(): void {
    this.#credentials.abort();
  }

  /** @throws KittiwakeError when it is refused: who the client was before, it still is. */
  async again(): Promise<void> {
    const { link, isLive } = this.#connection;
    this.#credentials.drop();
    if (!link || !isLive) return;
    const credential = await this.#credentials.get('asked');
    if (link !== this.#connection.link) return;
    if (credential) await this.#say(link, credential);
    else if (this.#credential) this.#connection.open('asked');
  }

  async #prove(link: Link, credential: object, isLast = false): Promise<void> {
    try {
      await this.#say(link, credential);
    } catch (error) {
      if (link === this.#connection.link) this.#refused(link, error as KittiwakeError, isLast);
    }
  }

  async #say(link: Link, credential: object): Promise<void> {
    const reply = await this.#connection.requests.ask(
      { frame: { event: 'auth', ...credential } },
      { timeoutMs: 0 },
    );
    if (link !== this.#connection.link) return;
    this.#credential = credential as Credential;
    this.isProving = false;
    this.#backOff.reset();
    const renewInMs = this.#credentials.taken(reply.expires_in);
    if (renewInMs !== undefined) this.#later(link, renewInMs, 'expiring');
    this.#connection.identified();
  }

  /** Asks the app once more, and if that is refused too, or the app knows nobody, says so. */
  #refused(link: Link, error: KittiwakeError, isLast: boolean): void {
    this.#credentials.drop();
    if (error.temporary) return this.#later(link, this.#backOff.next(), 'connect');
    if (isLast) return this.#connection.close(error, 'refused');
    this.#get(link, 'refused', (credential) => this.#use(link, credential, true));
  }

  #use(link: Link, credential: Credential, isLast = false): void {
    if (credential) return void this.#prove(link, credential, isLast);
    this.isProving = false;
    this.#connection.identified();
  }

  /** Gets another one, in time; as long as the app has none, the connection lives as long as it may. */
  #later(link: Link, ms: number, why: AuthContext['reason']): void {
    const { clock } = this.#connection;
    clock.clear(this.#timer);
    this.#timer = clock.set(() => {
      if (why === 'expiring') this.#credentials.drop();
      this.#credentials.get(why).then(
        (credential) => link === this.#connection.link && this.#use(link, credential),
        () => link === this.#connection.link && this.#later(link, this.#backOff.next(), why),
      );
    }, ms);
  }

  #get(link: Link, why: AuthContext['reason'], then: (credential: Credential) => void): void {
    const connection = this.#connection;
    this.#credentials.get(why).then(
      (credential) => link === connection.link && then(credential),
      (error: unknown) => {
        if (link !== connection.link) return;
        if (error instanceof KittiwakeError && !error.temporary) connection.close(error, 'refused');
        else connection.lose('auth', { text: String(error) });
      },
    );
  }
}
