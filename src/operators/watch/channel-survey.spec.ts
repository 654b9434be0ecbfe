import type { Answerer, Cluster } from '../../cluster/cluster.js';
import type { Hub } from '../../delivery/hub.js';
import { Flow } from '../../delivery/flow.js';
import type { RoomHub } from '../../rooms/relay/room-hub.js';
import type { Services } from '../../topics/service/services.js';
import { ChannelSurvey, type SurveyAnswer } from './channel-survey.js';

/** A topic with subscribers. */
class Subscribed extends Flow {
  constructor(readonly subscriptionCount: number) {
    super();
  }
}

/** Asks a node with these topics. */
function surveyOf(channels: ReadonlyMap<string, Subscribed>): (question: object) => Promise<SurveyAnswer> {
  let answer!: Answerer;
  const cluster = {
    answer: (_about: string, answerer: Answerer) => (answer = answerer),
  } as unknown as Cluster;
  const hub = { channels } as unknown as Hub;
  const services = { find: () => true } as unknown as Services;
  void new ChannelSurvey(cluster, hub, services, {} as RoomHub);
  return (question) => answer({ kind: 'topics', ...question }) as Promise<SurveyAnswer>;
}

describe('a survey of topics', () => {
  it('has the largest, of however many, and says how many there are', async () => {
    const survey = surveyOf(
      new Map(Array.from({ length: 20_000 }, (_, n) => [`books.${n}`, new Subscribed((n * 7) % 19_997)])),
    );
    const { count, entries } = await survey({ limit: 3 });
    expect([count, entries.map(({ subscribers }) => subscribers)]).toEqual([
      19_998,
      [19_996, 19_995, 19_994],
    ]);
  });

  it('has no more names than an answer takes', async () => {
    const long = 'x'.repeat(1_000);
    const survey = surveyOf(
      new Map(Array.from({ length: 500 }, (_, n) => [`${long}.${n}`, new Subscribed(1)])),
    );
    const { count, entries } = await survey({ limit: 500 });
    expect([count, entries.length]).toEqual([500, 245]);
    const names = Array.from({ length: 600 }, (_, n) => `${long}.${n}`);
    expect((await survey({ names })).entries.length).toBe(245);
  });

  it('leaves out what nobody is subscribed to, and what is no room', async () => {
    const survey = surveyOf(new Map([['books.1', new Subscribed(0)]]));
    expect(await survey({})).toEqual({ count: 0, entries: [] });
    expect(await survey({ kind: 'rooms', names: ['{"a":', 'x', '[1]'] })).toEqual({ count: 0, entries: [] });
    expect(() => survey({ kind: 'people' })).toThrow('a query is missing');
  });
});
