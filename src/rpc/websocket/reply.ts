import type { Connection } from '../../connection/connection.js';
import type { CallReply } from '../../procedures/open/call-reply.js';
import type { ClientError } from '../../protocol/errors.js';
import {
  isFalsy,
  objectText,
  toJsonText,
  type JsonMembers,
  type JsonText,
} from '../../protocol/json/json.js';
import { KITTIWAKE_V1 } from '../../protocol/sub-protocol.js';

const NULL = 'null' as JsonText;

/** Sends the frames about one call. Clients without our sub-protocol get exactly Shirow's. */
export class RpcReply implements CallReply {
  private readonly isExtended: boolean;

  constructor(
    private readonly connection: Connection,
    /** The JSON text that the client sent. */
    private readonly marker: JsonText,
  ) {
    this.isExtended = connection.subProtocol === KITTIWAKE_V1;
  }

  returned(result: JsonText | undefined): void {
    if (result !== undefined || this.isExtended) this.result(result ?? NULL, 1);
  }

  yielded(result: JsonText): void {
    this.result(result, 0);
  }

  finished(result: JsonText | undefined): void {
    if (result !== undefined) this.result(result, 1);
    else if (this.isExtended) this.connection.sendText(`{"marker":${this.marker},"eod":1}`);
  }

  failed(refusal: ClientError): void {
    const { error, code, data } = refusal;
    this.connection.refused('a call', code, refusal);
    const frame: JsonMembers = new Map([
      ['error', error],
      ['marker', this.marker],
    ]);
    if (this.isExtended) {
      frame.set('code', toJsonText(code));
      if (data !== undefined && !isFalsy(data)) frame.set('data', data);
    }
    this.connection.sendText(objectText(frame));
  }

  private result(result: JsonText, eod: 0 | 1): void {
    this.connection.sendText(`{"result":${result},"marker":${this.marker},"eod":${eod}}`);
  }
}
