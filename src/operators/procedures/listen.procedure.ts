import type { Hub } from '../../delivery/hub.js';
import type { HistoryRules } from '../../history/channel-log.js';
import { ProcedureError } from '../../procedures/procedure-errors.js';
import type { CallableProcedure } from '../../procedures/procedure.js';
import { richValueOf } from '../../protocol/json/rich-json.js';
import type { Publication } from '../../protocol/publication.js';
import { builtIn, required } from '../../rpc/built-in/built-in.js';
import type { Services } from '../../topics/service/services.js';
import { Backlog } from './backlog.js';

const DESCRIPTION = `/listen <TOPIC> ...

Shows the publications of topics as they come, whoever may subscribe to them.`;

/** A stream of the publications of topics, for operators: no service is asked whether they may see them. */
export function listenProcedure(hub: Hub, services: Services): CallableProcedure {
  return builtIn({
    name: 'listen',
    access: 'service',
    isReplaceable: true,
    description: DESCRIPTION,
    parameters: [required('topic', 'str')],
    rest: { positional: true },
    isStream: true,
    run: ({ signal }, given) => {
      const histories = new Map<string, HistoryRules | undefined>();
      for (const topic of given.map(String)) {
        const service = services.find(topic);
        if (!service)
          throw new ProcedureError(`${topic} is not <service>.<topic> of a configured service`, 400);
        histories.set(topic, service.delivery.history);
      }
      return publicationsOf(hub, histories, signal);
    },
  });
}

async function* publicationsOf(
  hub: Hub,
  histories: ReadonlyMap<string, HistoryRules | undefined>,
  signal: AbortSignal,
): AsyncGenerator<unknown, void, void> {
  const backlog = new Backlog(signal);
  const ends: (() => void)[] = [];
  try {
    for (const [topic, history] of histories)
      ends.push(await hub.tap(topic, backlog, history).catch(unavailable));
    for (let next = await backlog.take(); next; next = await backlog.take()) yield shown(next);
  } finally {
    for (const end of ends) end();
  }
}

function unavailable(cause: unknown): never {
  throw new ProcedureError('The broker is not available.', 503, { cause });
}

function shown({ subscription, data, publishedAt, receivedAtMs }: Publication): object {
  return {
    subscription,
    data: richValueOf(data, { bytes: false }),
    ...(publishedAt !== undefined && { published_at: publishedAt }),
    received_at: new Date(receivedAtMs).toISOString(),
  };
}
