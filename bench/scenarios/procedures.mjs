import { existsSync } from 'node:fs';
import path from 'node:path';
import { measureExchanges } from '../exchanges.mjs';
import { comparison } from '../report/comparison.mjs';
import { notesOn } from '../samples.mjs';
import { PROCEDURES_TARGET } from '../targets.mjs';
import { withSessions } from '../with-sessions.mjs';

const BUILT = path.join(import.meta.dirname, '..', '..', 'dist', 'procedures', 'procedures.js');
const CONNECTIONS = 100;
const DEPTH = 4;
const HTTP_CONNECTIONS = 32;

/** Socket.IO has no calls over HTTP. */
const OVER_HTTP = ['kittiwake', 'ws', 'nest'];

export const procedures = {
  title: 'Procedure calls',
  about:
    `The procedure add(a, b), a function in the process of the server. Over WebSocket ${CONNECTIONS} connections with ` +
    `${DEPTH} calls each; over HTTP ${HTTP_CONNECTIONS} kept-alive connections with one call each. Kittiwake is a module ` +
    'of a Nest app here.',

  async run(bench) {
    if (!existsSync(BUILT))
      return { samples: [], tables: [], notes: ['Left out: this build has no procedures.'] };
    const targets = bench.targets.map((target) => (target.name === 'kittiwake' ? PROCEDURES_TARGET : target));
    const samples = await withSessions(targets, bench, async (sessions) => [
      ...(await overWebSocket(sessions, bench)),
      ...(await overHttp(sessions, bench)),
    ]);
    const of = { samples, targets };
    return {
      samples,
      tables: [
        comparison({
          ...of,
          title: 'CPU seconds of the server per million calls (less is better)',
          figure: ({ cpuPerMillion }) => cpuPerMillion,
        }),
        comparison({
          ...of,
          title: 'Calls per second (more is better; ≥: the load generator was the bottleneck)',
          figure: ({ answersPerSecond }) => answersPerSecond,
          isLessBetter: false,
          isBound: true,
        }),
      ],
      notes: notesOn(samples),
    };
  },
};

async function overWebSocket(sessions, bench) {
  const exchange = { kind: 'call', connections: CONNECTIONS, depth: DEPTH };
  for (const session of sessions) await session.connect({ count: CONNECTIONS });
  return measureExchanges(sessions, 'WebSocket', bench, (session, questions) =>
    session.exchange({ ...exchange, questions }),
  );
}

function overHttp(sessions, bench) {
  const able = sessions.filter(({ target }) => OVER_HTTP.includes(target.name));
  return measureExchanges(able, 'HTTP', bench, (session, questions) =>
    session.callOverHttp({ connections: HTTP_CONNECTIONS, questions }),
  );
}
