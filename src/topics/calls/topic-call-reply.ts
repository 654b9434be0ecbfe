import type { Connection } from '../../connection/connection.js';
import type { CallReply } from '../../procedures/open/call-reply.js';
import type { ClientError } from '../../protocol/errors.js';
import type { JsonText } from '../../protocol/json/json.js';
import type { Reply } from '../../events/reply.js';

/** The replies to a call over a connection for topics; all but the last have `more`. */
export class TopicCallReply implements CallReply {
  constructor(
    private readonly connection: Connection,
    private readonly reply: Reply,
  ) {}

  returned(result: JsonText | undefined): void {
    this.finished(result);
  }

  yielded(result: JsonText): void {
    this.connection.admit();
    this.reply.more(result);
  }

  finished(result: JsonText | undefined): void {
    this.connection.admit();
    this.reply.last(result);
  }

  failed(error: ClientError): void {
    this.reply.error(error);
  }
}
