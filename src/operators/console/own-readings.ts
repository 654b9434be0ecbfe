import { Injectable } from '@nestjs/common';
import { Cluster } from '../../cluster/cluster.js';
import { Settings } from '../../config/settings.js';
import { VERSION } from '../../config/version.js';
import { Services } from '../../topics/service/services.js';
import { answered, type ConsoleAnswer, type ConsoleCall, type ConsoleRoute } from './console-call.js';
import { OperatorKeys } from './operator-keys.js';

/** Readings of the node that operators ask: who they are to it. */
@Injectable()
export class OwnReadings {
  constructor(
    private readonly cluster: Cluster,
    private readonly settings: Settings,
    private readonly services: Services,
    private readonly keys: OperatorKeys,
  ) {}

  get routes(): ConsoleRoute[] {
    return [{ name: 'session', access: 'none', answer: (call) => this.session(call) }];
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
}
