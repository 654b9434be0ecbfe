import { Injectable } from '@nestjs/common';
import { JsonDocument } from '../../protocol/json/json-document.js';
import { JsonError } from '../../protocol/json/json.js';
import { ApiKey } from '../../push/api-key.js';
import { ClientRequests } from '../../push/client-requests.js';
import { PublishIntake } from '../../push/publish.intake.js';
import { TriggerIntake } from '../../push/trigger.intake.js';
import { Audit } from '../audit.js';
import type { ConsoleAnswer, ConsoleCall, ConsoleRoute } from './console-call.js';

interface Reply {
  readonly status: number;
  readonly body: object | string;
}

/** The actions of operators: as services do them, with a line in the log for each. */
@Injectable()
export class OperatorActions {
  constructor(
    private readonly clients: ClientRequests,
    private readonly publications: PublishIntake,
    private readonly triggers: TriggerIntake,
    private readonly audit: Audit,
  ) {}

  get routes(): ConsoleRoute[] {
    return [
      this.action('disconnect', (body) => this.clients.disconnect({ body })),
      this.action('unsubscribe', (body) => this.clients.unsubscribe({ body })),
      this.action('publish', (body) => this.publications.answer(body, ApiKey.full), 'subscription'),
      this.action('trigger', (body) => this.triggers.answer(body, ApiKey.full), 'rooms'),
    ];
  }

  /** @param told the only member that the log tells; without one, all are. */
  private action(name: string, act: (body: Buffer) => Reply | Promise<Reply>, told?: string): ConsoleRoute {
    const answer = async (call: ConsoleCall): Promise<ConsoleAnswer> => {
      const { status, body } = await act(call.body);
      this.audit.tell(call, `${name} ${toldOf(call.body, told)}`, `${status} ${JSON.stringify(body)}`);
      return { status, body: Object(body) as object };
    };
    return { name, access: 'full', isPost: true, answer };
  }
}

/** The request as the log has it, without what was published. */
function toldOf(body: Buffer, member: string | undefined): string {
  try {
    const { text, members } = JsonDocument.read(body);
    return member === undefined ? text : (members?.get(member) ?? 'several');
  } catch (error) {
    if (error instanceof JsonError) return `what is ${error.message}`;
    throw error;
  }
}
