import type { InputBounds } from '../protocol/json/bounds.js';
import type { CloseReason } from '../protocol/close-reason.js';
import type { Admit } from './admission.js';
import { type MessageHandler, messageHandlersOf } from './message-handlers.js';

/** A client's frame, read: the `@SubscribeMessage` handler that it is for, and what the handler gets. */
export interface DecodedFrame {
  readonly handler: string;
  readonly payload: unknown;
}

/** Reads a frame. MUST NOT throw: frames that cannot be read are for a handler of their own. */
export type FrameDecoder = (frame: Buffer, bounds?: InputBounds) => DecodedFrame;

/** What sets an endpoint apart from the others. */
export interface EndpointRules {
  /** Makes the first frame for clients of a sub-protocol of ours, where the gateway does not send one by itself. */
  readonly greeting?: ((connectionId: string) => string) | undefined;
  /** Further paths: what may follow the path of the endpoint. */
  readonly below?: RegExp | undefined;
  /** Larger frames close the connection with 1009. Absent: as all endpoints. */
  readonly maxFrameBytes?: number | undefined;
  /** How much of what takes memory a frame may have. Absent: as everywhere. */
  readonly bounds?: InputBounds | undefined;
  /** More that waits for a client to read closes the connection. Absent: as all endpoints. */
  readonly maxOutboxBytes?: number | undefined;
}

/** A gateway that an endpoint serves, as far as the beginning and the end of connections go. */
export interface ConnectionGateway {
  /** An eager gateway gets the handshake, too: the request, or what was admitted where the endpoint decides. */
  handleConnection?(connection: unknown, handshake?: unknown): void;
  handleDisconnect?(connection: unknown): void;
}

/**
 * Where clients of one protocol connect: what Nest takes for the WebSocket server of a gateway. The gateway calls
 * {@link serve} in its `afterInit`. Frames go straight to its handlers ({@link messageHandlersOf}), and so do beginnings
 * and ends.
 */
export class Endpoint {
  /** Close codes that a compatible protocol prescribes for clients that did not ask for a sub-protocol of ours. */
  prescribedCodes: ReadonlyMap<CloseReason, number> = new Map();
  /** Whether the gateway wants to know of a connection when it opens, with its handshake, not at its first frame. */
  isEager = false;
  /** Whether a frame of a client of a sub-protocol of ours is handled at once, whatever waits before it. */
  overtakes: (frame: Buffer) => boolean = () => false;
  /** After how many milliseconds without a frame a connection is closed; 0 for never. Absent: as all endpoints. */
  idleMs: number | undefined;
  /**
   * Which frames are handled even when their client, one of our sub-protocols, is gone. What a client has left behind is
   * forgotten when no such frame is in it. Absent: all are.
   */
  outlivesClient: ((frame: Buffer) => boolean) | undefined;
  /** Decides who may connect; without it, whoever comes from an allowed origin. */
  admit: Admit | undefined;
  private gateway: ConnectionGateway = {};
  private handlers: ReadonlyMap<string, MessageHandler> = new Map();
  private decode: FrameDecoder | undefined;

  constructor(
    /** The URL path; `*` stands for every path, nothing for none. */
    readonly path: string | undefined,
    /** The sub-protocols that clients may ask for. */
    readonly subProtocols: readonly string[],
    readonly rules: EndpointRules = {},
  ) {}

  /** Whether it is for every path, not for some that are its own. */
  get isWild(): boolean {
    return this.path === '*';
  }

  matches(path: string): boolean {
    return this.isWild || this.path === path || this.isBelow(path);
  }

  /** The code and the text with which a client that has agreed on a sub-protocol, or on none, is closed. */
  closeOf(reason: CloseReason, subProtocol: string): [code: number, text?: string] {
    const prescribed = subProtocol === '' ? this.prescribedCodes.get(reason) : undefined;
    // The originals that close with 1000 say no more.
    return prescribed === 1000 ? [prescribed] : [prescribed ?? reason.code, reason.text];
  }

  /** Whether a gateway serves it. */
  get isServed(): boolean {
    return this.decode !== undefined;
  }

  /** Hands connections and their frames to the gateway from now on. */
  serve(gateway: ConnectionGateway, decode: FrameDecoder): void {
    this.gateway = gateway;
    this.handlers = messageHandlersOf(gateway);
    this.decode = decode;
  }

  /** Tells the gateway of a connection. */
  begin(connection: unknown, handshake: unknown): void {
    this.gateway.handleConnection?.(connection, handshake);
  }

  /** Tells the gateway of the end of a connection. */
  end(connection: unknown): void {
    this.gateway.handleDisconnect?.(connection);
  }

  /** Handles a frame of a connection. @throws when the gateway has no handler for it, which is a defect. */
  handle(connection: unknown, frame: Buffer): unknown {
    const { handler, payload } = this.decode!(frame, this.rules.bounds);
    const found = this.handlers.get(handler);
    if (!found) throw new Error(`the gateway of ${this.path} has no handler named ${handler}`);
    return found(connection, payload);
  }

  private isBelow(path: string): boolean {
    const { below } = this.rules;
    if (below === undefined || this.path === undefined || !path.startsWith(this.path)) return false;
    return below.test(path.slice(this.path.length));
  }
}
