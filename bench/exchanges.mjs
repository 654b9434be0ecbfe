import { inRounds } from './samples.mjs';
import { warmUp } from './warm-up.mjs';

const LEAST = 1000;

/**
 * Measures questions and answers. `ask(session, questions)` asks so many and returns what that has cost; see
 * `Session.exchange` and `Session.callOverHttp`.
 */
export async function measureExchanges(sessions, label, { rounds, log }, ask) {
  log(label);
  const questions = new Map();
  for (const session of sessions)
    questions.set(session, await warmUp(LEAST, (amount) => ask(session, amount)));
  return inRounds(rounds, sessions, label, async (session) => {
    const counted = await ask(session, questions.get(session));
    const { answers, seconds, serverCpuSeconds: cpu } = counted;
    return {
      ...counted,
      answersPerSecond: answers / seconds,
      cpuPerMillion: cpu === undefined ? undefined : (cpu / answers) * 1e6,
    };
  });
}
