import type { PipeTransform, Type } from '@nestjs/common';
import { CallbackRequest } from './callback-request.js';

/** Where Nest finds what the parameters of a callback method are made from. */
export const CALLBACK_PARAMS = 'kittiwake:callback-params';

/** Nest's numbers for the type of a parameter: pipes treat the data of a message like the body of a request. */
const BODY = 3;
const CUSTOM = 7;

/** Makes a parameter from a number above; see Nest's ExternalContextCreator. */
export const callbackParams = {
  exchangeKeyForValue(type: number, _data: unknown, [request]: [CallbackRequest]): unknown {
    return type === BODY ? request.data : request;
  },
};

/** The data of a client's message; pipes, such as Nest's ValidationPipe, work on it. */
export function MessageData(...pipes: (Type<PipeTransform> | PipeTransform)[]): ParameterDecorator {
  return mark(BODY, pipes);
}

/** The whole request: what a method without parameter decorators gets as its only argument. */
export function Callback(): ParameterDecorator {
  return mark(CUSTOM, []);
}

function mark(type: number, pipes: readonly (Type<PipeTransform> | PipeTransform)[]): ParameterDecorator {
  return (target, method, index) => {
    const host = target.constructor;
    const before = Reflect.getMetadata(CALLBACK_PARAMS, host, method!) as object | undefined;
    const params = { ...before, [`${type}:${index}`]: { index, data: undefined, pipes } };
    Reflect.defineMetadata(CALLBACK_PARAMS, params, host, method!);
  };
}
