/** The configuration cannot be used. Its message lists every problem found, one line each; no secret is in it. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';

  /** @param problems such as `server.port: found 70000, expected a whole number from 0 to 65535`. */
  constructor(
    readonly problems: readonly string[],
    options?: ErrorOptions,
  ) {
    super(
      ['The configuration cannot be used:', ...problems.map((problem) => `- ${problem}`)].join('\n'),
      options,
    );
  }
}
