/** The paths of the endpoints for operators, below their common path. */
export const OPERATOR_PATHS = {
  metrics: '/metrics',
  status: '/status',
  document: '/openapi.json',
  page: '/page',
} as const;
