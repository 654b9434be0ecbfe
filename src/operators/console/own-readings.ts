import { Injectable } from '@nestjs/common';
import { Cluster } from '../../cluster/cluster.js';
import { isConfigured } from '../../config/configured.js';
import { effectiveSettings } from '../../config/loading/effective-settings.js';
import { Settings } from '../../config/settings.js';
import { VERSION } from '../../config/version.js';
import { Services } from '../../topics/service/services.js';
import { answered, type ConsoleAnswer, type ConsoleCall, type ConsoleRoute } from './console-call.js';
import { OperatorKeys } from './operator-keys.js';

/** What operators read of the node that they ask: who they are to it, and its configuration. */
@Injectable()
export class OwnReadings {
  constructor(
    private readonly cluster: Cluster,
    private readonly settings: Settings,
    private readonly services: Services,
    private readonly keys: OperatorKeys,
  ) {}

  get routes(): ConsoleRoute[] {
    return [
      { name: 'session', access: 'read', answer: (call) => this.session(call) },
      { name: 'config', access: 'read', answer: () => this.config() },
    ];
  }

  private session({ operator }: ConsoleCall): ConsoleAnswer {
    const { rooms } = this.settings;
    return answered({
      status: 'ok',
      operator: operator.name,
      access: operator.access,
      keys: this.keys.areConfigured,
      node: this.cluster.node,
      version: VERSION,
      services: [...this.services.all].map(({ name }) => name),
      rooms: rooms !== undefined && isConfigured(rooms),
    });
  }

  private config(): ConsoleAnswer {
    return answered({ status: 'ok', node: this.cluster.node, settings: effectiveSettings(this.settings) });
  }
}
