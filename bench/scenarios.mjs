/** Everything that can be measured, by name, in the order in which it is. */
import { connecting } from './scenarios/connecting.mjs';
import { crowd } from './scenarios/crowd.mjs';
import { deliveries } from './scenarios/deliveries.mjs';
import { goals } from './scenarios/goals.mjs';
import { intake } from './scenarios/intake.mjs';
import { latency } from './scenarios/latency.mjs';
import { memory } from './scenarios/memory.mjs';
import { procedures } from './scenarios/procedures.mjs';
import { restarts } from './scenarios/restarts.mjs';
import { slowReader } from './scenarios/slow-reader.mjs';
import { storm } from './scenarios/storm.mjs';
import { workers } from './scenarios/workers.mjs';

export const SCENARIOS = {
  goals,
  deliveries,
  latency,
  memory,
  connecting,
  intake,
  procedures,
  crowd,
  'slow-reader': slowReader,
  storm,
  workers,
  restarts,
};
