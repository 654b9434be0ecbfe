import { json } from 'node:stream/consumers';
import { isHashedKey } from '../../base/bearer-keys.js';
import { CONSOLE_API_PATH } from '../../config/operator-paths.js';
import type { OperatorsSettings } from '../../config/sections/operators/operators.settings.js';
import { isObject, type JsonText } from '../../protocol/json/json.js';
import { richValueOf } from '../../protocol/json/rich-json.js';
import { CallFailure } from '../call-failure.js';
import { CommandError } from '../command-error.js';
import type { CallArguments, CallResult } from './gateway-client.js';
import type { GatewayHttp } from './gateway-http.js';
import { lines } from './lines.js';
import { queryOf } from './query.js';

/** Procedures that the console answers. */
const READ: ReadonlySet<string> = new Set(['nodes', 'topics', 'tail']);
const NO_PORT = 'the console needs a port for operators whose number is known (operators.port)';

/** Asks the API of the console of a gateway that has no procedures. */
export class ConsoleHttp {
  /** @param givenKey a key of operators. Default: one of the configuration that is not hashed, if there are any. */
  constructor(
    private readonly http: GatewayHttp | undefined,
    private readonly settings: Pick<OperatorsSettings, 'keys'>,
    private readonly givenKey: string | undefined,
  ) {}

  /** Whether it is asked for what procedures of this name tell. */
  has(name: string): boolean {
    return READ.has(name);
  }

  /** Gives what a procedure of this name would. @throws {CallFailure} when it is refused. */
  async *call(
    name: string,
    { rooms, ...named }: CallArguments['named'],
  ): AsyncGenerator<CallResult, void, void> {
    if (!this.http) throw new CommandError(NO_PORT);
    const path = name === 'topics' && rooms === true ? 'rooms' : name;
    const target = `${CONSOLE_API_PATH}/${path}?${queryOf(named)}`;
    const response = await this.http.ask(target, undefined, this.key());
    try {
      if (response.statusCode !== 200)
        throw new CallFailure(name, response.statusCode ?? 0, await json(response));
      if (name === 'tail') yield* eventsOf(response);
      else yield { value: await json(response) };
    } catch (error) {
      throw this.http.failure(error);
    }
  }

  /** One with full access, if there is one. */
  private key(): string | undefined {
    const plain = [...this.settings.keys.values()].filter(({ key }) => !isHashedKey(key));
    return this.givenKey ?? (plain.find(({ access }) => access === 'full') ?? plain[0])?.key;
  }
}

async function* eventsOf(body: AsyncIterable<Uint8Array>): AsyncGenerator<CallResult, void, void> {
  let event = '';
  for await (const line of lines(body)) {
    const [, field, text = ''] = /^(event|data): (.*)$/.exec(line) ?? [];
    if (field === 'event') event = text;
    if (field !== 'data') continue;
    const data = richValueOf(text as JsonText, { bytes: false }); // as the gateway wrote it
    yield { value: { event, ...(isObject(data) && data) } };
  }
}
