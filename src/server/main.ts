#!/usr/bin/env node
import { setImmediate as nextTurn } from 'node:timers/promises';
import { heedSignals } from './signals.js';

heedSignals();
// All else is loaded when somebody listens: it takes a second or more, and Node 24 hears of no signal meanwhile. So one that
// has come already is told first.
await nextTurn();
const { start } = await import('./start.js');
await start();
