import { Injectable } from '@nestjs/common';
import { Cluster } from '../../cluster/cluster.js';
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
      { name: 'session', access: 'none', answer: (call) => this.session(call) },
      { name: 'config', access: 'read', answer: () => this.config() },
    ];
  }

  private session({ operator }: ConsoleCall): ConsoleAnswer {
    const { name, access, refusal } = operator;
    const known = { status: 'ok', operator: name, access, keys: this.keys.areConfigured };
    if (access === 'none') return answered({ ...known, refusal });
    return answered({
      ...known,
      node: this.cluster.node,
      version: VERSION,
      services: [...this.services.all].map((service) => service.name),
      rooms: this.settings.rooms !== undefined,
    });
  }

  private config(): ConsoleAnswer {
    return answered({ status: 'ok', node: this.cluster.node, settings: effectiveSettings(this.settings) });
  }
}
