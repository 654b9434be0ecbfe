import { historyHasServers, ingestHasRedis } from './history-servers.js';
import { httpPathsDiffer } from './http-paths.js';
import { texts } from './kinds/collection.kind.js';
import { section, sections } from './kinds/section.kind.js';
import { type Disagreement, Rule, Setting } from './kinds/setting.decorator.js';
import { CLIENT_ORIGIN, SERVICE_NAME } from './kinds/text-format.js';
import { flag } from './kinds/text.kind.js';
import { ledgerHasPlace } from './ledger-place.js';
import { presenceHasPlace } from './presence-place.js';
import {
  mockTokenStaysAtHome,
  serviceSecretIsStrong,
  signingSecretsAreStrong,
  tokenSecretIsStrong,
} from './secrets.js';
import { AuthSettings } from './sections/auth/auth.settings.js';
import { BrokerSettings } from './sections/broker/broker.settings.js';
import { CallbacksSettings } from './sections/callbacks.settings.js';
import { CompressionSettings } from './sections/compression.settings.js';
import { ClientScriptSettings } from './sections/client-script.settings.js';
import { HealthSettings } from './sections/operators/health.settings.js';
import { HistorySettings } from './sections/history.settings.js';
import { LedgerSettings } from './sections/ledger.settings.js';
import { LimitsSettings } from './sections/limits.settings.js';
import { LogSettings } from './sections/log.settings.js';
import { MetricsSettings } from './sections/operators/metrics.settings.js';
import { OperatorsSettings } from './sections/operators/operators.settings.js';
import { PingSettings } from './sections/ping.settings.js';
import { ProceduresSettings } from './sections/procedures/procedures.settings.js';
import { PublishSettings } from './sections/publish.settings.js';
import { RoomsSettings } from './sections/rooms/rooms.settings.js';
import { ServerSettings } from './sections/server.settings.js';
import { ServiceSettings } from './sections/service/service.settings.js';
import { ShutdownSettings } from './sections/shutdown.settings.js';
import { TopicsSettings } from './sections/topics.settings.js';

/** All settings of a gateway, checked; durations are milliseconds, sizes bytes. Made by `loadSettings`. */
@Rule(endpointsDiffer)
@Rule(httpPathsDiffer)
@Rule(tokenSecretIsStrong)
@Rule(serviceSecretIsStrong)
@Rule(signingSecretsAreStrong)
@Rule(mockTokenStaysAtHome)
@Rule(historyHasServers)
@Rule(ingestHasRedis)
@Rule(ledgerHasPlace)
@Rule(presenceHasPlace)
export class Settings {
  @Setting({ kind: section(ServerSettings), about: 'Where the gateway listens.' })
  readonly server: ServerSettings = new ServerSettings();

  @Setting({ kind: section(LogSettings), about: 'What is logged, and how.' })
  readonly log: LogSettings = new LogSettings();

  @Setting({ kind: section(TopicsSettings), about: 'The endpoint where clients subscribe to topics.' })
  readonly topics: TopicsSettings = new TopicsSettings();

  @Setting({
    kind: sections(ServiceSettings, SERVICE_NAME),
    about: 'The services, by the name that their topics begin with. They are set in the file.',
  })
  readonly services: ReadonlyMap<string, ServiceSettings> = new Map();

  @Setting({
    kind: section(RoomsSettings),
    optional: true,
    about: 'Rooms; without this section there are none.',
  })
  readonly rooms?: RoomsSettings;

  @Setting({
    kind: section(ProceduresSettings),
    optional: true,
    about: 'Procedures; without this section there are none.',
  })
  readonly procedures?: ProceduresSettings;

  @Setting({ kind: section(AuthSettings), about: 'How clients prove who they are.' })
  readonly auth: AuthSettings = new AuthSettings();

  @Setting({ kind: section(CallbacksSettings), about: 'How the app is asked over HTTP.' })
  readonly callbacks: CallbacksSettings = new CallbacksSettings();

  @Setting({ kind: section(BrokerSettings), about: 'What carries publications between nodes.' })
  readonly broker: BrokerSettings = new BrokerSettings();

  @Setting({
    kind: section(HistorySettings),
    about: 'The histories that services keep: `services.NAME.history`.',
  })
  readonly history: HistorySettings = new HistorySettings();

  @Setting({
    kind: section(LedgerSettings),
    about: 'What has begun and the app must hear the end of, even of a node that is killed.',
  })
  readonly ledger: LedgerSettings = new LedgerSettings();

  @Setting({ kind: section(PublishSettings), about: 'Publishing over HTTP.' })
  readonly publish: PublishSettings = new PublishSettings();

  @Setting({
    kind: texts(CLIENT_ORIGIN),
    about:
      'Origins that browsers may connect from; `https://*.example.com` are all below that domain, `*` is any, none is only the host of the gateway itself.',
  })
  readonly origins: readonly string[] = [];

  @Setting({
    kind: flag(),
    about:
      'Takes secrets that can be guessed: of less than 32 bytes for tokens, of less than 24 for `callbacks.signingSecrets`, of less than 16 for `procedures.secret`. For tests, and until those are changed that are in use.',
  })
  readonly allowWeakSecrets: boolean = false;

  @Setting({ kind: section(LimitsSettings), about: 'What one client may use, and all of them together.' })
  readonly limits: LimitsSettings = new LimitsSettings();

  @Setting({ kind: section(CompressionSettings), about: 'Compression of what clients are sent.' })
  readonly compression: CompressionSettings = new CompressionSettings();

  @Setting({ kind: section(PingSettings), about: 'How connections are found out that ended without a word.' })
  readonly ping: PingSettings = new PingSettings();

  @Setting({ kind: section(HealthSettings), about: 'What load balancers and supervisors ask.' })
  readonly health: HealthSettings = new HealthSettings();

  @Setting({
    kind: section(ClientScriptSettings),
    about: 'The client of the gateway as a file, for pages without a bundler.',
  })
  readonly clientScript: ClientScriptSettings = new ClientScriptSettings();

  @Setting({
    kind: section(OperatorsSettings),
    about: 'What operators ask. In an app that imports the module it is off until it has a path or a port.',
  })
  readonly operators: OperatorsSettings = new OperatorsSettings();

  @Setting({ kind: section(MetricsSettings), about: 'Metrics for Prometheus.' })
  readonly metrics: MetricsSettings = new MetricsSettings();

  @Setting({ kind: section(ShutdownSettings), about: 'How the gateway stops.' })
  readonly shutdown: ShutdownSettings = new ShutdownSettings();
}

/** Refuses two endpoints on the same path, of which clients could reach only one. */
function endpointsDiffer({ topics, rooms, procedures }: Settings): Disagreement | undefined {
  if (rooms?.path === topics.path)
    return { key: 'rooms.path', found: rooms.path, expected: 'another path than topics.path' };
  if (procedures && [topics.path, rooms?.path].includes(procedures.path)) {
    const expected = 'another path than topics.path and rooms.path';
    return { key: 'procedures.path', found: procedures.path, expected };
  }
  return undefined;
}
