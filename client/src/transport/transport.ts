/** A carrier of frames to the gateway. It tells nothing after `closed`, and `closed` once. */
export interface Transport {
  /** Told in `info` and by `inspect()`. */
  readonly name: string;
  send(text: string): void;
  /** Ends it. It may tell `closed` of that, now, later or never. */
  close(code?: number, reason?: string): void;
}

export interface TransportEvents {
  frame(text: string): void;
  closed(code: number, reason: string): void;
}

/** Opens transports to an absolute URL. What it throws counts as a connection that failed. */
export interface TransportFactory {
  (url: string, events: TransportEvents): Transport;
  /** Decides how it goes with the one before it in a list. Without, they take turns. */
  after?: (first: TransportFactory) => TransportFactory;
}
