import type { Connection } from '../../connection/connection.js';
import type { CallReply, KeptReply } from '../../procedures/open/call-reply.js';
import type { ClientError } from '../../protocol/errors.js';
import type { JsonText } from '../../protocol/json/json.js';
import type { Reply } from '../../events/reply.js';

/** The replies to a call over a connection for topics; all but the last have `more`. */
export class TopicCallReply implements CallReply {
  constructor(
    private readonly connection: Connection,
    private readonly reply: Reply,
  ) {}

  /** Only clients of `kittiwake.v1.json` call. */
  get kept(): KeptReply {
    return new KeptTopicCallReply(this.connection, this.reply);
  }

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

/** The replies to who watches a kept call: to each, where to go on from. */
class KeptTopicCallReply implements KeptReply {
  constructor(
    private readonly connection: Connection,
    private readonly reply: Reply,
  ) {}

  began(call: string, position: number): void {
    this.connection.admit();
    this.reply.watching(call, positionText(position));
  }

  yielded(result: JsonText, position: number): void {
    this.connection.admit();
    this.reply.kept(result, positionText(position), false);
  }

  ended(result: JsonText | undefined, position: number): void {
    this.connection.admit();
    this.reply.kept(result, positionText(position), true);
  }
}

/** Positions are opaque texts to clients. */
function positionText(position: number): JsonText {
  return `"${position}"` as JsonText;
}
