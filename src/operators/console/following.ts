import { Injectable } from '@nestjs/common';
import { InputBounds } from '../../protocol/json/bounds.js';
import { ClientError } from '../../protocol/errors.js';
import { ClientSelectionError } from '../../clients/client-selection.js';
import { richJsonText } from '../../protocol/json/rich-json.js';
import { queryMembers } from '../../push/reading/query-members.js';
import { readTailQuery, type TailQuery, tailSubject } from '../watch/tails/tail-query.js';
import type { TailEvent } from '../watch/tails/tail-queue.js';
import { Tails } from '../watch/tails/tails.js';
import { Audit } from '../audit.js';
import type { ConsoleCall, ConsoleEvents, ConsoleRoute } from './console-call.js';
import { OperatorRefused } from './operator-keys.js';

/** The event streams that operators follow, as Server-Sent Events. */
@Injectable()
export class Following {
  constructor(
    private readonly tails: Tails,
    private readonly bounds: InputBounds,
    private readonly audit: Audit,
  ) {}

  get routes(): ConsoleRoute[] {
    return [{ name: 'tail', access: 'read', answer: (call) => this.tail(call) }];
  }

  private tail(call: ConsoleCall): ConsoleEvents {
    const query = readTailQuery(queryMembers(call.query, this.bounds));
    if (query.showsData && call.operator.access !== 'full')
      throw new OperatorRefused(403, 'to see data takes a key with full access');
    this.tails.require(query);
    this.audit.tell(call, `tail ${tailSubject(query)}`, query.showsData ? 'with data' : 'masked');
    return { events: (signal) => this.events(query, signal) };
  }

  private async *events(query: TailQuery, signal: AbortSignal): AsyncGenerator<string, void, void> {
    try {
      for await (const event of this.tails.follow(query, signal)) yield eventText(event);
    } catch (error) {
      if (!(error instanceof ClientSelectionError) && !(error instanceof ClientError)) throw error;
      yield eventText({ event: 'refused', error: error.message });
    }
  }
}

function eventText({ event, ...data }: TailEvent): string {
  return `event: ${event}\ndata: ${richJsonText(data)}\n\n`;
}
