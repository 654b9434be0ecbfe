import { readFileSync } from 'node:fs';
import { types } from 'node:util';
import { createSecureContext, rootCertificates, type SecureContext } from 'node:tls';
import { X509Certificate } from 'node:crypto';
import { Pool } from 'undici';
import type { CallbacksSettings } from '../../config/sections/callbacks.settings.js';
import { appConnector } from './app-connector.js';
import { parseCallbackUrl, type CallbackUrl } from './callback-url.js';
import { Turns, type Waiting } from './turns.js';

/** The limits of the connections to the app. */
type PoolSettings = Pick<
  CallbacksSettings,
  'connections' | 'queue' | 'queueTimeoutMs' | 'timeoutMs' | 'caFile' | 'redirectOrigins'
>;

/** Kept-alive connections to the app, one bounded pool per origin; over TCP, TLS or Unix sockets. */
export class ConnectionPools {
  private readonly pools = new Map<string, Pool>();
  private readonly turns = new Map<string, Turns>();
  private readonly secureContext: SecureContext | undefined;
  private readonly redirectOrigins: ReadonlySet<string>;

  /**
   * @param connections the most at a time to one origin.
   * @throws when the file of authorities cannot be read, or an origin is not one.
   */
  constructor(
    private readonly settings: PoolSettings,
    private readonly connections = settings.connections,
  ) {
    if (settings.caFile !== undefined) this.secureContext = trusting(settings.caFile);
    this.redirectOrigins = new Set(settings.redirectOrigins.map(parseOrigin));
  }

  /** Whether requests to other origins may be redirected to the one of this URL. */
  takesRedirectsTo({ origin }: CallbackUrl): boolean {
    return this.redirectOrigins.has(origin);
  }

  /** The pool for the origin of a URL. */
  to(url: CallbackUrl): Pool {
    let pool = this.pools.get(url.origin);
    if (!pool) {
      pool = this.open(url);
      this.pools.set(url.origin, pool);
    }
    return pool;
  }

  /**
   * The turns to ask the origin of a URL: as many as there are connections. A request that comes without one waits in the
   * pool, where it stays when it is cancelled, and where its wait counts as slowness of the app.
   */
  turnsTo({ origin }: CallbackUrl): Turns {
    let turns = this.turns.get(origin);
    if (!turns) this.turns.set(origin, (turns = this.turnsOfOrigin()));
    return turns;
  }

  /** The requests that wait for a connection, to any origin. */
  get waiting(): Waiting {
    let count = 0;
    let sinceMs: number | undefined;
    for (const { waiting } of this.turns.values()) {
      count += waiting.count;
      if (waiting.sinceMs !== undefined) sinceMs = Math.min(sinceMs ?? Infinity, waiting.sinceMs);
    }
    return { count, sinceMs };
  }

  /** Ends every connection; requests under way fail. */
  async destroy(): Promise<void> {
    const pools = [...this.pools.values()];
    this.pools.clear();
    await Promise.all(pools.map((pool) => pool.destroy()));
  }

  private turnsOfOrigin(): Turns {
    const { queue, queueTimeoutMs } = this.settings;
    return new Turns({ most: this.connections, maxWaiting: queue, maxWaitMs: queueTimeoutMs });
  }

  /** A pool of its own rather than undici's Agent, which replaces pools on errors and so exceeds the bound. */
  private open(url: CallbackUrl): Pool {
    const { timeoutMs: timeout } = this.settings;
    const { connections, secureContext } = this;
    // Each try has a time limit of its own as a whole.
    const limits = { connections, headersTimeout: 0, bodyTimeout: 0 };
    if (url.socketPath !== undefined) {
      return new Pool('http://localhost', {
        ...limits,
        connect: appConnector({ timeout, socketPath: url.socketPath }),
      });
    }
    const connect = appConnector({ timeout, ...(secureContext && { secureContext }) });
    return new Pool(url.origin, { ...limits, connect });
  }
}

/** Made once: reading all authorities anew costs milliseconds for each connection. */
function trusting(caFile: string): SecureContext {
  try {
    return createSecureContext({
      ca: [...rootCertificates, ...certificatesOf(readFileSync(caFile, 'utf8'))],
    });
  } catch (cause) {
    const reason = types.isNativeError(cause) ? cause.message : String(cause);
    throw new Error(`caFile must name a PEM file of trusted authorities: ${reason}`, { cause });
  }
}

/** Checked here, because a secure context ignores what is not a certificate. */
function certificatesOf(pem: string): string[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g);
  if (!blocks) throw new Error('there is no certificate in it');
  return blocks.map((block) => new X509Certificate(block).toString());
}

function parseOrigin(text: string): string {
  const origin = parseCallbackUrl(text)?.origin;
  if (origin !== undefined) return origin;
  throw new Error('redirectOrigins must be origins such as https://api.example.com');
}
