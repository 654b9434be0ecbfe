/**
 * Why a subscription or a client has ended. `left`: the client wished it; `closed`: its connection was closed in good order,
 * by it or by the gateway; `lost`: its connection broke; `node_lost`: the node that had it is gone; `expired`: what it was let
 * in by is no longer valid; `revoked`: somebody has taken that away.
 */
export const END_REASONS = ['left', 'closed', 'lost', 'node_lost', 'expired', 'revoked'] as const;

/** See {@link END_REASONS}. */
export type EndReason = (typeof END_REASONS)[number];

export function isEndReason(text: string): text is EndReason {
  return (END_REASONS as readonly string[]).includes(text);
}
