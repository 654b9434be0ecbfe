/** A result with a media type of its own, such as a page or a picture. Over WebSocket it is just its data. */
export class TypedResult {
  constructor(
    readonly data: string | Uint8Array | Readonly<Record<string, unknown>>,
    /** For `Content-Type`; `text/event-stream` makes a stream one of Server-Sent Events. */
    readonly mediaType: string,
    readonly status = 200,
  ) {}
}
