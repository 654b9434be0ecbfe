import { messageOf } from '../../base/message-of.js';
import { Refusal } from '../../callbacks/refusal.js';
import { CLOSE_REASONS, type CloseReason } from '../../protocol/close-reason.js';
import { ClientError, type Verdict } from '../../protocol/errors.js';
import { BY_GATEWAY } from '../../protocol/verdict.js';

const BY_APP: Verdict = { by: 'the app (rooms.api)', why: 'it does not let the client in' };

/** A client is not let in to rooms: the app refuses it, or cannot be asked, or is not asked. */
export class RoomRefusal extends ClientError {
  readonly reason: CloseReason;

  /** @param cause what came of asking the app. */
  constructor(cause: unknown) {
    const reason = reasonOf(cause);
    const retryAfterMs = cause instanceof ClientError ? cause.retryAfterMs : undefined;
    super(reason.name, reason.text, { cause, verdict: verdictOn(cause), retryAfterMs });
    this.reason = reason;
  }
}

function reasonOf(cause: unknown): CloseReason {
  if (cause instanceof Refusal) return CLOSE_REASONS.forbidden;
  return cause instanceof ClientError ? CLOSE_REASONS.tooManyFailures : CLOSE_REASONS.appUnavailable;
}

function verdictOn(cause: unknown): Verdict {
  if (cause instanceof Refusal) return BY_APP;
  const verdict = cause instanceof ClientError ? cause.verdict : undefined;
  return verdict ?? { by: BY_GATEWAY, why: messageOf(cause) };
}
