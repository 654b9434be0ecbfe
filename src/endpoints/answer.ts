/** What a request is answered with: a status of HTTP, and a body that is sent as JSON. */
export interface HttpAnswer<Body extends object = object> {
  readonly status: number;
  readonly body: Body;
}
