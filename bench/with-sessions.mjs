import { Session } from './session.mjs';

/**
 * Opens a session for each target and ends them whatever happens. What came too often shows at the end of what is run
 * with them.
 */
export async function withSessions(targets, { cores, options = {} }, run) {
  const opened = await Promise.allSettled(targets.map((target) => Session.open(target, cores, options)));
  const sessions = opened.flatMap(({ value }) => (value === undefined ? [] : [value]));
  try {
    const failed = opened.find(({ status }) => status === 'rejected');
    if (failed !== undefined) throw failed.reason;
    const result = await run(sessions);
    await Promise.all(sessions.map((session) => session.quiet()));
    return result;
  } finally {
    await Promise.all(sessions.map((session) => session.close()));
  }
}
