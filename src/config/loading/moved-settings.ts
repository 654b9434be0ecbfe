/** Settings that have moved, and their new keys. */
const MOVED = [
  { key: 'metrics.port', env: 'KITTIWAKE_METRICS_PORT', to: 'operators.port' },
  { key: 'metrics.host', env: 'KITTIWAKE_METRICS_HOST', to: 'operators.host' },
] as const;

/** The hint for a key or a variable that has moved; nothing for all others. */
export function movedHint(place: string): string | undefined {
  const moved = MOVED.find(({ key, env }) => key === place || env === place);
  if (!moved) return undefined;
  const variable = moved.env.replace('METRICS', 'OPERATORS');
  return `has become ${moved.to} (${variable}): metrics have their place among the endpoints for operators`;
}
