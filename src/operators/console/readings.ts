import { Injectable } from '@nestjs/common';
import { ConnectionPages, pageBody } from '../../clients/connection-pages.js';
import { readConnectionQuery } from '../../clients/connection-query.js';
import { InputBounds } from '../../protocol/json/bounds.js';
import { queryMembers } from '../../push/reading/query-members.js';
import { CallbackReports } from '../watch/callback-reports.js';
import { type ChannelKind, readChannelQuery } from '../watch/channel-question.js';
import { Channels } from '../watch/channels.js';
import { gathered } from '../watch/gathered.js';
import { NodeReports } from '../watch/node-reports.js';
import { RefusalReports } from '../watch/refusal-reports.js';
import { answered, type ConsoleAnswer, type ConsoleCall, type ConsoleRoute } from './console-call.js';

/** Readings of all nodes: how they fare, and what they have. */
@Injectable()
export class NodeReadings {
  constructor(
    private readonly nodes: NodeReports,
    private readonly channels: Channels,
    private readonly callbacks: CallbackReports,
    private readonly refusals: RefusalReports,
  ) {}

  get routes(): ConsoleRoute[] {
    return [
      { name: 'nodes', access: 'read', answer: async () => answered(await this.nodes.read()) },
      { name: 'topics', access: 'read', answer: (call) => this.channelsOf('topics', call) },
      { name: 'rooms', access: 'read', answer: (call) => this.channelsOf('rooms', call) },
      { name: 'callbacks', access: 'read', answer: async () => answered(await this.callbacks.read()) },
      { name: 'refusals', access: 'read', answer: async () => answered(await this.refusals.read()) },
    ];
  }

  private async channelsOf(kind: ChannelKind, { query }: ConsoleCall): Promise<ConsoleAnswer> {
    return answered(await this.channels.list(readChannelQuery(kind, Object.fromEntries(query))));
  }
}

/** Readings of who is connected. */
@Injectable()
export class ConnectionReadings {
  constructor(
    private readonly pages: ConnectionPages,
    private readonly bounds: InputBounds,
  ) {}

  get routes(): ConsoleRoute[] {
    return [{ name: 'connections', access: 'read', answer: (call) => this.read(call) }];
  }

  private async read({ query }: ConsoleCall): Promise<ConsoleAnswer> {
    const page = await this.pages.read(readConnectionQuery(queryMembers(query, this.bounds)));
    return answered({ ...pageBody(page), ...gathered(page) });
  }
}
