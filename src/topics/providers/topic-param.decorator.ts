import { createParamDecorator, type ExecutionContext, type PipeTransform, type Type } from '@nestjs/common';
import { CALLBACK_PARAMS } from '../../callbacks/providers/callback-params.js';
import { SubscriptionRequest } from './subscription-request.js';
import type { TopicPattern } from '../service/topic-pattern.js';

/** Nest keeps it with each parameter that it is for, and so says which ones are ours. */
function paramOf(name: unknown, context: ExecutionContext): string | undefined {
  const request: unknown = context.getArgByIndex(0);
  return request instanceof SubscriptionRequest ? request.params[name as string] : undefined;
}

const topicParam = createParamDecorator(paramOf);

/**
 * A parameter of the topic, as the pattern of `@TopicService` names it: `@TopicParam('id', ParseIntPipe) id: number`. Pipes
 * that refuse it refuse what was asked for, as those of `@Param` do.
 */
export function TopicParam(
  name: string,
  ...pipes: (Type<PipeTransform> | PipeTransform)[]
): ParameterDecorator {
  return topicParam(name, ...pipes);
}

/** The name of a parameter of a method that its topics do not have. */
export function unknownParam(
  host: object,
  method: string,
  pattern: TopicPattern | undefined,
): string | undefined {
  const params = Reflect.getMetadata(CALLBACK_PARAMS, host, method) as
    | Readonly<Record<string, { readonly factory?: unknown; readonly data?: unknown }>>
    | undefined;
  const names = Object.values(params ?? {}).flatMap(({ factory, data }) =>
    factory === paramOf ? [String(data)] : [],
  );
  return names.find((name) => !pattern?.names.includes(name));
}
