import { listOf } from '../base/list-of.js';
import { AsyncApiEndpoint } from './async/async-api.endpoint.js';
import type { OperatorEndpoint } from '../endpoints/operator-endpoint.js';
import { Callable, DOCUMENT_ENDPOINTS } from './callable.js';
import { ConsolePart } from './console.js';
import { OpenApiEndpoint } from './open-api.endpoint.js';
import { PART_SOURCES, type PartSource } from './open-api.js';
import { ProceduresPart } from './procedures.js';
import { PushPart } from './push.js';
import { WatchPart } from './watch.js';

export const OPEN_API_PROVIDERS = [
  AsyncApiEndpoint,
  Callable,
  ConsolePart,
  OpenApiEndpoint,
  ProceduresPart,
  PushPart,
  WatchPart,
  listOf<OperatorEndpoint>(DOCUMENT_ENDPOINTS, [OpenApiEndpoint, AsyncApiEndpoint]),
  listOf<PartSource>(PART_SOURCES, [ProceduresPart, PushPart, WatchPart, ConsolePart]),
];
