/** Where each of the endpoints for operators is, below the place where all of them are. */
export const OPERATOR_PATHS = {
  metrics: '/metrics',
  status: '/status',
  document: '/openapi.json',
  page: '/page',
} as const;
