/** The descriptors that come with a request and go with its answer, on a connection that has such. */
export interface DescriptorChannel {
  /** The most that go with one answer. */
  readonly max: number;
  /**
   * The next that came; whoever gets it MUST close it. Those that nobody gets are closed with the connection.
   * @throws {ProcedureError} when more came than may: these are closed.
   */
  next(): number | undefined;
  /** Sends these along with the next bytes of the answer. They stay open here. */
  attach(fds: readonly number[]): void;
}
