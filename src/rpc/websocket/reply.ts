import type { Connection } from '../../connection/connection.js';
import type { CallReply, KeptReply } from '../../procedures/open/call-reply.js';
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

  /** Clients of Shirow's protocol know no kept calls. */
  get kept(): KeptReply | undefined {
    return this.isExtended ? new KeptRpcReply(this.connection, this.marker) : undefined;
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

/** Sends the frames about one call that is kept: each says where to go on from. */
class KeptRpcReply implements KeptReply {
  constructor(
    private readonly connection: Connection,
    private readonly marker: JsonText,
  ) {}

  began(call: string, position: number): void {
    this.connection.sendText(
      `{"marker":${this.marker},"call":${toJsonText(call)},"position":"${position}","eod":0}`,
    );
  }

  yielded(result: JsonText, position: number): void {
    this.connection.sendText(`{"result":${result},"marker":${this.marker},"position":"${position}","eod":0}`);
  }

  ended(result: JsonText | undefined, position: number): void {
    const given = result === undefined ? '' : `"result":${result},`;
    this.connection.sendText(`{${given}"marker":${this.marker},"position":"${position}","eod":1}`);
  }
}
