import { elementOf, type TopicKind } from './wire-topic.js';

/** Topics go in one event, and their names are what the gateway calls them. */
export const TOPICS: TopicKind = {
  events: ['subscribe', 'unsubscribe', 'message'],
  key: 'subscription',
  hasState: true,
  groups: (wires) => [wires],
  about: (wires, isJoin) => ({
    subscriptions: wires.map((wire) => (isJoin ? elementOf(wire) : wire.name)),
  }),
};
