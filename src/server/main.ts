#!/usr/bin/env node
import { heedSignals } from './signals.js';

heedSignals();
// All else is loaded when somebody listens: it takes a second or more.
const { start } = await import('./start.js');
await start();
