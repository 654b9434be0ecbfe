/** Passes descriptors in and out, on a connection that can (SCM_RIGHTS, unix(7)). */
export interface DescriptorChannel {
  /** The most for one request, and for one answer. */
  readonly max: number;
  /**
   * Takes the next received descriptor, which the caller MUST close. Those not taken are closed with the connection.
   * @throws {ProcedureError} when more than {@link max} were received; these have been closed.
   */
  next(): number | undefined;
  /** Sends descriptors with the next bytes of the answer. They stay open here. */
  attach(fds: readonly number[]): void;
}
