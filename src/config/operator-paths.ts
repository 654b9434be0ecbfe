/** The paths of the endpoints for operators, below their common path. */
export const OPERATOR_PATHS = {
  metrics: '/metrics',
  status: '/status',
  document: '/openapi.json',
  asyncDocument: '/asyncapi.json',
  page: '/page',
  console: '/console',
} as const;

/** The path of the console's API. */
export const CONSOLE_API_PATH = `${OPERATOR_PATHS.console}/api` as const;
