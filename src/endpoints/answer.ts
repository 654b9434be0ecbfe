/** The answer to a request: an HTTP status, and a body that is sent as JSON. */
export interface HttpAnswer<Body extends object = object> {
  readonly status: number;
  readonly body: Body;
}
