/** A result with a media type of its own, such as a page or a picture. Over WebSocket only its data is sent. */
export class TypedResult {
  constructor(
    readonly data: string | Uint8Array | Readonly<Record<string, unknown>>,
    /** The `Content-Type`; `text/event-stream` turns a stream into Server-Sent Events. */
    readonly mediaType: string,
    readonly status = 200,
  ) {}
}
