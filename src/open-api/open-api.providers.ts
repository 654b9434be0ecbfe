import { listOf } from '../base/list-of.js';
import { ConsolePart } from './console.js';
import { OpenApiEndpoint } from './open-api.endpoint.js';
import { PART_SOURCES, type PartSource } from './open-api.js';
import { ProceduresPart } from './procedures.js';
import { PushPart } from './push.js';
import { WatchPart } from './watch.js';

export const OPEN_API_PROVIDERS = [
  ConsolePart,
  OpenApiEndpoint,
  ProceduresPart,
  PushPart,
  WatchPart,
  listOf<PartSource>(PART_SOURCES, [ProceduresPart, PushPart, WatchPart, ConsolePart]),
];
