import { Injectable, Logger } from '@nestjs/common';
import { messageOf } from '../../base/message-of.js';
import { ProceduresSettings } from '../../config/sections/procedures/procedures.settings.js';
import { ProcedureError } from '../../procedures/procedure-errors.js';
import { InputBounds } from '../../protocol/json/bounds.js';
import { ServiceSecret } from '../service-secret.js';
import { readConfigFile, writeConfigFile } from './config-file.js';
import { configText, configValue } from './config-value.js';

interface Entry {
  readonly preset: unknown;
  /** Whether it cannot be changed while the gateway runs. */
  readonly isFixed: boolean;
  value: unknown;
}

const USE_MESSAGE_PACK = 'worker_use_msgpack';
const MAX_REQUEST_BYTES = 'worker_http_request_max_size';
const BODY_TIMEOUT_S = 'worker_http_request_timeout2';
const POSITIVE = [MAX_REQUEST_BYTES, BODY_TIMEOUT_S];

/**
 * The configuration that callers with the service secret read and change with the procedure `config`: some settings
 * under Kettlingar's names for them, and keys that the app declares. Saved values are read at the start.
 */
@Injectable()
export class ProceduresConfig {
  readonly maxResultBytes: number;
  readonly callsPerConnection: number;
  readonly showsTracebacks: boolean;
  readonly endsWithToken: boolean;
  private readonly logger = new Logger('Procedures');
  private readonly entries = new Map<string, Entry>();
  private readonly saved: ReadonlyMap<string, string>;

  constructor(
    private readonly settings: ProceduresSettings,
    /** Limits of the arguments in a body. */
    readonly inputBounds: InputBounds,
    secret: ServiceSecret,
  ) {
    this.maxResultBytes = this.settings.resultBytes;
    this.callsPerConnection = this.settings.callsPerConnection;
    this.showsTracebacks = this.settings.http.tracebacks;
    this.endsWithToken = this.settings.endWithToken;
    this.saved = readConfigFile(this.settings.local);
    for (const [key, value] of Object.entries(fixedValues(this.settings, secret))) this.add(key, value, true);
    const { messagePack, maxRequestBytes, bodyTimeoutMs } = this.settings.http;
    this.declare(USE_MESSAGE_PACK, messagePack);
    this.declare(MAX_REQUEST_BYTES, maxRequestBytes);
    this.declare(BODY_TIMEOUT_S, bodyTimeoutMs / 1_000);
  }

  /**
   * Adds a key with a preset, which fixes its type: a boolean, a number, a text, a list or an object.
   * @throws when the key exists.
   */
  declare(key: string, preset: unknown): void {
    this.add(key, preset, false);
    const text = this.saved.get(key);
    if (text === undefined) return;
    try {
      this.set(key, text);
    } catch (error) {
      this.logger.warn(`${key} is not as it was saved: ${messageOf(error)}`);
    }
  }

  /** The current value of a key; `undefined` when there is no such key. */
  get(key: string): unknown {
    return this.entries.get(key)?.value;
  }

  /** @throws {ProcedureError} when there is no such key. */
  require(key: string): void {
    if (!this.entries.has(key)) throw new ProcedureError(`there is no key ${key}`);
  }

  get takesMessagePack(): boolean {
    return this.get(USE_MESSAGE_PACK) === true;
  }

  get maxRequestBytes(): number {
    return this.get(MAX_REQUEST_BYTES) as number;
  }

  get bodyTimeoutMs(): number {
    return (this.get(BODY_TIMEOUT_S) as number) * 1_000;
  }

  /** All keys with their current values, the secret included. */
  all(): ReadonlyMap<string, unknown> {
    return new Map([...this.entries].map(([key, { value }]) => [key, value] as const));
  }

  /** @throws {ProcedureError} when there is no such key, it is fixed, or the text is not of its type. */
  set(key: string, text: string): void {
    const entry = this.changeable(key);
    const value = configValue(text, entry.preset);
    if (POSITIVE.includes(key) && !(Number(value) > 0))
      throw new ProcedureError(`${key} must be more than 0`);
    entry.value = value;
  }

  reset(key: string): void {
    const entry = this.changeable(key);
    entry.value = structuredClone(entry.preset);
  }

  /** Changes the list of a key. @throws {ProcedureError} when there is no such key, it is fixed or not a list. */
  changeList(key: string, change: (list: unknown[]) => void): void {
    const { value } = this.changeable(key);
    if (!Array.isArray(value)) throw new ProcedureError(`${key} is not a list`);
    change(value);
  }

  /**
   * Writes changed values to a file in the state folder, which the next start reads.
   * @throws {ProcedureError} when there is no such folder.
   */
  async save(): Promise<void> {
    const changed = [...this.entries].filter(
      ([, { isFixed, value, preset }]) => !isFixed && configText(value) !== configText(preset),
    );
    const lines = changed.map(([key, { value }]) => `--${key}=${configText(value)}\n`);
    await writeConfigFile(this.settings.local, lines.join(''));
  }

  private add(key: string, preset: unknown, isFixed: boolean): void {
    if (this.entries.has(key)) throw new Error(`there are two keys named ${key}`);
    this.entries.set(key, { preset, isFixed, value: structuredClone(preset) });
  }

  private changeable(key: string): Entry {
    this.require(key);
    const entry = this.entries.get(key)!;
    if (entry.isFixed) throw new ProcedureError(`${key} cannot be changed while the gateway runs`);
    return entry;
  }
}

/** Settings under Kettlingar's names. */
function fixedValues({ local }: ProceduresSettings, { value }: ServiceSecret): Record<string, unknown> {
  return {
    app_name: local.app,
    app_state_dir: local.stateDir ?? null,
    worker_name: local.worker,
    worker_secret: value,
    worker_listen_host: local.host,
    worker_listen_port: local.port ?? 0,
    worker_url_path: local.path?.slice(1) ?? '',
    worker_use_tcp: local.port !== undefined,
    worker_use_unixdomain: local.socket && local.stateDir !== undefined,
    worker_http_request_timeout1: local.headerTimeoutMs / 1_000,
  };
}
