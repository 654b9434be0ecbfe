import { Injectable, SetMetadata } from '@nestjs/common';
import type { KittiwakeOptions } from '../config/options.js';
import type { CallbackKind } from './callback-kind.js';

/** The rules of a service, as in the configuration: durations with their unit, such as `10m`. */
export type TopicServiceRules = Omit<
  NonNullable<KittiwakeOptions['services']>[string],
  CallbackKind | 'headers'
>;

/** What {@link TopicService} said of a class. */
export interface TopicServiceMark {
  readonly name: string;
  readonly rules: TopicServiceRules;
}

/** Where {@link TopicService} leaves its mark, and the decorators of methods theirs. */
export const TOPIC_SERVICE = 'kittiwake:topic-service';
export const TOPIC_CALLBACK = 'kittiwake:topic-callback';

/**
 * Makes a provider the service behind a topic prefix: its decorated methods are asked in process, instead of URLs over
 * HTTP. Throwing refuses: the client is told the message of a {@link Refusal}, `HttpException` or `WsException`, and
 * of nothing else.
 */
export function TopicService(name: string, rules: TopicServiceRules = {}): ClassDecorator {
  return (target) => {
    Injectable()(target);
    Reflect.defineMetadata(TOPIC_SERVICE, { name, rules } satisfies TopicServiceMark, target);
  };
}

const callback = (kind: CallbackKind) => (): MethodDecorator => SetMetadata(TOPIC_CALLBACK, kind);

/** Decides who may subscribe, and again at every renewal. What it returns may hold authorizer fields; false refuses. */
export const Authorize = callback('authorizer');
/** Asked before a subscription begins. What it returns is the current state for the client; see {@link State}. */
export const BeforeSubscribe = callback('beforeSubscribe');
/** Told when a subscription has begun. */
export const OnSubscribe = callback('onSubscribe');
/** Takes a client's message. What it returns, other than undefined, is the reply. */
export const OnMessage = callback('onMessage');
/** Asked before a client unsubscribes; what it returns goes with the reply. */
export const BeforeUnsubscribe = callback('beforeUnsubscribe');
/** Told when a subscription has ended. */
export const OnUnsubscribe = callback('onUnsubscribe');
/** Asked when a renewal changed the authorizer fields. */
export const OnAuthorizationChange = callback('onAuthorizationChange');
/** Told again and again that a subscription is alive. */
export const OnHeartbeat = callback('onHeartbeat');
