import { Tracing } from './tracing.js';

export const TRACING_PROVIDERS = [{ provide: Tracing, useFactory: () => Tracing.load() }];
