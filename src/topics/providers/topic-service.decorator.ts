import { Injectable } from '@nestjs/common';
import type { KittiwakeOptions } from '../../config/options.js';
import type { CallbackKind } from '../service/callback-kind.js';

/** The rules of a service, as in the configuration: durations with their unit, such as `10m`. */
export type TopicServiceRules = Omit<
  NonNullable<KittiwakeOptions['services']>[string],
  CallbackKind | 'headers' | 'coalesce' | 'maxAnswerAge'
>;

/** The metadata that {@link TopicService} gives a class. */
export interface TopicServiceMark {
  /** Of the service, or the pattern of its topics. */
  readonly name: string;
  readonly rules: TopicServiceRules;
}

/** The metadata keys of {@link TopicService}, and of the decorators of methods: a list of {@link CallbackKind}. */
export const TOPIC_SERVICE = 'kittiwake:topic-service';
export const TOPIC_CALLBACK = 'kittiwake:topic-callback';

/**
 * Makes a provider the service behind a topic prefix, such as `orders`, or behind topics of one form, such as
 * `orders.:shop.:id`, whose parts `request.params` and `@TopicParam('id')` have; topics of other forms are refused. What stands
 * between dots and slashes is a text, `:name` for one such part, or, at the end, `*name` for all that is left.
 *
 * The decorated methods are asked in process, instead of URLs over HTTP. List the class among the `providers` of a module. Guards, pipes, interceptors and exception filters work on the methods
 * as on any handler, the app's global ones included; the type of the context is `kittiwake`.
 *
 * Throwing refuses: the client is told the message of a {@link Refusal}, `HttpException` or `WsException`. Any other error
 * is a defect: it is logged, and the client is told nothing of it.
 */
export function TopicService(topics: string, rules: TopicServiceRules = {}): ClassDecorator {
  return (target) => {
    Injectable()(target);
    Reflect.defineMetadata(TOPIC_SERVICE, { name: topics, rules } satisfies TopicServiceMark, target);
  };
}

/** A method may answer several kinds of callbacks. */
const callback = (kind: CallbackKind) => (): MethodDecorator => (_target, _name, descriptor) => {
  const method = descriptor.value as object;
  const others = Reflect.getOwnMetadata(TOPIC_CALLBACK, method) as readonly CallbackKind[] | undefined;
  Reflect.defineMetadata(TOPIC_CALLBACK, [...(others ?? []), kind], method);
};

/**
 * Decides who may subscribe, and again at every renewal. Nothing or true is consent, and so is an object, whose members
 * that are named in `authorizerFields` are kept as authorizer fields. False, null, and an object with
 * `status: 'error'` refuse, as does throwing.
 */
export const Authorize = callback('authorizer');
/**
 * Asked when clients come back with a position after which not all is kept: with a `GapRequest`, once for all of them that
 * give the same. What it returns may be `MissedPublications` since then, or the state, as of {@link BeforeSubscribe}, which is
 * not asked then; nothing is as if it were not there.
 */
export const OnGap = callback('onGap');
/** Asked before a subscription begins. What it returns is the current state for the client; see {@link State}. */
export const BeforeSubscribe = callback('beforeSubscribe');
/** Told when a subscription has begun. */
export const OnSubscribe = callback('onSubscribe');
/** Takes a client's message. What it returns, other than undefined, is the reply. */
export const OnMessage = callback('onMessage');
/** Asked before a client unsubscribes, and told before its subscriptions end with its connection; what it returns goes with the reply. */
export const BeforeUnsubscribe = callback('beforeUnsubscribe');
/** Told when a subscription has ended. */
export const OnUnsubscribe = callback('onUnsubscribe');
/** Told in lists whose clients come and go, and which topics are used, as a `LifecycleRequest`. */
export const OnLifecycle = callback('onLifecycle');
/** Asked when a renewal, every `authorizationRenewalPeriod`, changed the authorizer fields. Returning false or throwing ends the subscription. */
export const OnAuthorizationChange = callback('onAuthorizationChange');
/** Told every `heartbeatPeriod` that a subscription is alive. */
export const OnHeartbeat = callback('onHeartbeat');
