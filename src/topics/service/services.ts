import type { Retention } from '../../broker/history.js';
import { TOPIC_ERRORS } from '../topic-errors.js';
import type { Service } from './service.js';

/** All services by name, those of the configuration and those of the app's providers. */
export class Services {
  private readonly byName = new Map<string, Service>();

  add(service: Service): void {
    this.byName.set(service.name, service);
  }

  /** In the order in which they were added. */
  get all(): Iterable<Service> {
    return this.byName.values();
  }

  /** Whether any of them hears of ends. */
  get hearEnds(): boolean {
    return [...this.byName.values()].some(({ hearsEnds }) => hearsEnds);
  }

  /** Whether any of them hears of lives. */
  get hearLives(): boolean {
    return [...this.byName.values()].some(({ hearsLives }) => hearsLives);
  }

  named(name: string): Service | undefined {
    return this.byName.get(name);
  }

  /** The names of those that only authenticated clients may subscribe to. */
  requiringAuthentication(): string[] {
    return [...this.byName.values()].flatMap(({ name, rules }) =>
      rules.requireAuthentication ? [name] : [],
    );
  }

  /** The retention of those that keep a history, by name. */
  histories(): Map<string, Retention> {
    const keeping = [...this.byName.values()].filter(({ rules }) => rules.history);
    return new Map(keeping.map(({ name, rules }) => [name, rules.history!]));
  }

  /** The names of those of whose topics it is known who is there. */
  withPresence(): string[] {
    return [...this.byName.values()].flatMap(({ name, rules }) => (rules.presence ? [name] : []));
  }

  /** The service behind a topic: what stands before its first dot. Nothing for what is not a topic of a service. */
  find(topic: unknown): Service | undefined {
    if (typeof topic !== 'string' || !isTopic(topic)) return undefined;
    const service = this.byName.get(serviceName(topic));
    return service?.hasTopic(topic) ? service : undefined;
  }

  /** @throws {ClientError} when it is not `<service>.<topic>`, of whole characters and in the form of the service, or there is no such service. */
  ofTopic(topic: unknown): Service {
    if (typeof topic !== 'string' || !isTopic(topic)) throw TOPIC_ERRORS.invalidSubscription();
    const service = this.byName.get(serviceName(topic));
    if (!service) throw TOPIC_ERRORS.invalidService();
    if (!service.hasTopic(topic)) throw TOPIC_ERRORS.invalidSubscription();
    return service;
  }
}

function isTopic(text: string): boolean {
  const dot = text.indexOf('.');
  // As bytes a lone surrogate would be another character, and the topic another one for Redis.
  return dot > 0 && dot < text.length - 1 && text.isWellFormed();
}

/** The part of a topic before its first dot. */
export function serviceName(topic: string): string {
  return topic.slice(0, topic.indexOf('.'));
}
