/** The exit codes of commands; for calls these are the codes of Kettlingar's command line. */
export const EXIT = {
  /** No gateway is running, or the command was used wrongly. */
  notRunning: 1,
  notFound: 2,
  refused: 3,
  io: 4,
  forbidden: 5,
  failed: 6,
  /** After Ctrl-C: 128 + SIGINT, as shells have it. */
  interrupted: 130,
} as const;

/** The exit codes as a part of the help. */
export const EXIT_CODES_HELP = `Exit codes:
  0  done
  1  no gateway is running, or the command was used wrongly
  2  there is no such procedure
  3  the call was refused, or more has to be known for it
  4  the connection to the gateway failed
  5  no access
  6  the procedure failed`;

/** The exit code for the HTTP status of a failed call. */
export function exitCodeOf(status: number): number {
  if (status < 300) return EXIT.failed; // a result that says it is an error
  if (status < 400) return EXIT.io;
  if (status === 404) return EXIT.notFound;
  if (status === 401 || status === 403 || status === 407) return EXIT.forbidden;
  return status < 500 ? EXIT.refused : EXIT.failed;
}
