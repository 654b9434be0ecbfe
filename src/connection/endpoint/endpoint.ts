import type { IncomingMessage } from 'node:http';
import type { CloseReason } from '../../protocol/close-reason.js';
import type { EndReason } from '../../protocol/end-reason.js';
import type { InputBounds } from '../../protocol/json/bounds.js';
import type { Admit, Guard } from './admission.js';
import type { Denial } from './denial.js';
import { type MessageHandler, messageHandlersOf } from './message-handlers.js';

/** A client's frame, read: the `@SubscribeMessage` handler that it is for, and what the handler gets. */
export interface DecodedFrame {
  readonly handler: string;
  readonly payload: unknown;
}

/** Reads a frame. MUST NOT throw: frames that cannot be read are for a handler of their own. */
export type FrameDecoder = (frame: Buffer, bounds?: InputBounds) => DecodedFrame;

/** Rules of one endpoint that differ from those of the others. */
export interface EndpointRules {
  /** The name for operators. */
  readonly name?: string | undefined;
  /** Called with each connection and its handshake. */
  readonly opened?: ((connection: object, handshake: IncomingMessage) => void) | undefined;
  /** Makes the first frame for clients of a sub-protocol of ours, where the gateway does not send one by itself. */
  readonly greeting?: ((connectionId: string) => string) | undefined;
  /** Further paths: matches what follows the path of the endpoint. */
  readonly below?: RegExp | undefined;
  /** The path at which clients connect over plain HTTP, where WebSockets do not come through. */
  readonly streamPath?: string | undefined;
  /** Larger frames close the connection with 1009. Absent: as all endpoints. */
  readonly maxFrameBytes?: number | undefined;
  /** The bounds of the values in a frame. Absent: the defaults. */
  readonly bounds?: InputBounds | undefined;
  /** The milliseconds without a frame after which a connection is closed; 0 for never. Absent: as all endpoints. */
  readonly idleMs?: number | undefined;
  /** The most bytes that wait for a client to read; more close the connection. Absent: as all endpoints. */
  readonly maxOutboxBytes?: number | undefined;
  /** Another domain that is served here as well. */
  readonly guest?: GuestGateway | undefined;
}

/** The protocol that is spoken at an endpoint, as far as connections and frames go. */
export interface GatewayProtocol {
  readonly decode: FrameDecoder;
  /** The handler of frames for which the client has none. */
  readonly otherwise?: string | undefined;
  /** Close codes that a compatible protocol prescribes for clients that did not ask for a sub-protocol of ours. */
  readonly prescribedCodes?: ReadonlyMap<CloseReason, number> | undefined;
  /** Whether the gateway wants to know of a connection when it opens, with its handshake, not at its first frame. */
  readonly isEager?: boolean | undefined;
  /** Whether a frame of a client of a sub-protocol of ours is handled at once, whatever waits before it. */
  readonly overtakes?: ((frame: Buffer) => boolean) | undefined;
  /**
   * Whether a frame is handled even when its client, one of our sub-protocols, is gone. When no such frame waits, all
   * frames that the client has left behind are forgotten. Absent: every frame is handled.
   */
  readonly outlivesClient?: ((frame: Buffer) => boolean) | undefined;
  /** Decides who may connect; without it, any client of an allowed origin may. */
  readonly admit?: Admit | undefined;
}

/** The class that speaks a protocol, with the handlers that {@link messageHandlersOf} finds on it. */
export interface Gateway {
  readonly protocol: GatewayProtocol;
  /** An eager gateway gets the handshake, too: the request, or what was admitted where the endpoint decides. */
  handleConnection(connection: unknown, handshake?: unknown): void;
  handleDisconnect(connection: unknown, reason: EndReason): void;
  /** Closes a client that may not connect, of which it has not heard; absent: it is closed without a word. */
  turnAway?(connection: unknown, denial: Denial): void;
}

/**
 * A gateway that is served at the endpoint of another one, to clients of a sub-protocol of ours: its handlers come beside
 * those of the other, whose decoder reads the frames.
 */
export interface GuestGateway {
  /** The texts it needs of the handshake of each of these clients; kept as long as the connection. */
  headersOf(handshake: unknown): HandshakeHeaders;
  /** MUST bear that it has never heard of the connection. */
  handleDisconnect(connection: unknown, reason: EndReason): void;
}

/** Texts that are made of a handshake, by name. */
export type HandshakeHeaders = Readonly<Record<string, string>>;

/** A connection, as far as its client can be told that it may not connect. */
interface TurnedAway {
  refused(what: string, kind: string, error: unknown): void;
  close(reason: CloseReason): void;
}

/** A connection, as far as it decides what its client may send. */
interface Served {
  readonly subProtocol: string;
}

/**
 * An endpoint for clients of one protocol. Frames go straight to the handlers of its gateway
 * ({@link messageHandlersOf}), and so do the beginnings and ends of connections.
 */
export class Endpoint {
  /** See {@link GatewayProtocol}, here and below. */
  readonly isEager: boolean;
  readonly overtakes: (frame: Buffer) => boolean;
  readonly outlivesClient: ((frame: Buffer) => boolean) | undefined;
  readonly admit: Admit | undefined;
  /** Asked last, where the app wants to be asked who may connect; set at the start. */
  guard: Guard | undefined = undefined;
  private readonly decode: FrameDecoder;
  private readonly prescribedCodes: ReadonlyMap<CloseReason, number>;
  private readonly handlers: ReadonlyMap<string, MessageHandler>;
  private readonly guestHandlers: ReadonlyMap<string, MessageHandler>;
  private readonly otherwise: string;

  constructor(
    /** The URL path; `*` stands for every path, nothing for none. */
    readonly path: string | undefined,
    /** The sub-protocols that clients may ask for. */
    readonly subProtocols: readonly string[],
    private readonly gateway: Gateway,
    readonly rules: EndpointRules = {},
  ) {
    const { protocol } = gateway;
    this.isEager = protocol.isEager ?? false;
    this.overtakes = protocol.overtakes ?? (() => false);
    this.outlivesClient = protocol.outlivesClient;
    this.admit = protocol.admit;
    this.decode = protocol.decode;
    this.prescribedCodes = protocol.prescribedCodes ?? new Map();
    this.handlers = messageHandlersOf(gateway);
    this.guestHandlers = rules.guest ? messageHandlersOf(rules.guest) : new Map();
    this.otherwise = protocol.otherwise ?? '';
  }

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

  /** Closes the connection of a client that may not connect, as its protocol says that. */
  turnAway(connection: TurnedAway, denial: Denial): void {
    connection.refused('the connection', denial.code, denial);
    if (this.gateway.turnAway) this.gateway.turnAway(connection, denial);
    else connection.close(denial.closing);
  }

  /** Tells the gateway of a connection. */
  begin(connection: unknown, handshake: unknown): void {
    this.gateway.handleConnection(connection, handshake);
  }

  /** The texts to keep of the handshake of a client that has agreed on a sub-protocol, or on none. */
  headersOf(handshake: unknown, subProtocol: string): HandshakeHeaders | undefined {
    return subProtocol === '' ? undefined : this.rules.guest?.headersOf(handshake);
  }

  /** Tells the gateways of the end of a connection. */
  end(connection: unknown, reason: EndReason): void {
    this.gateway.handleDisconnect(connection, reason);
    this.rules.guest?.handleDisconnect(connection, reason);
  }

  /** Handles a frame of a connection. @throws when the gateway has no handler for it, which is a defect. */
  handle(connection: Served, frame: Buffer): unknown {
    const { handler, payload } = this.decode(frame, this.rules.bounds);
    const found = this.handlers.get(handler) ?? this.furtherHandler(handler, connection);
    if (!found) throw new Error(`the gateway of ${this.path} has no handler named ${handler}`);
    return found(connection, payload);
  }

  private furtherHandler(name: string, { subProtocol }: Served): MessageHandler | undefined {
    const guest = subProtocol === '' ? undefined : this.guestHandlers.get(name);
    return guest ?? this.handlers.get(this.otherwise);
  }

  private isBelow(path: string): boolean {
    const { below } = this.rules;
    if (below === undefined || this.path === undefined || !path.startsWith(this.path)) return false;
    return below.test(path.slice(this.path.length));
  }
}
