import Sequencer from '@jest/test-sequencer';
import { basename } from 'node:path';

/** Files that take many times as long as others, the longest first: one of them that begins last has all wait for it. */
const SLOW = [
  'workers',
  'cli',
  'rooms',
  'contract',
  'topics',
  'nodes',
  'handover',
  'apps',
  'rooms-rabbitmq',
  'endpoints',
  'process',
  'history-oracle',
  'rpc',
  'limits',
  'examples',
  'leases',
  'client',
  'service-callbacks',
  'open-api-page',
  'upper-floors',
  'soak',
  'rpc-local',
  'browser',
  'roaming-oracle',
  'browser-kept',
  'bookshop',
  'lower-floors',
  'console-page',
  'kept-calls-nodes',
  'redis-refusals',
  'rpc-http-fuzz',
  'kept-calls-oracle',
  'rpc-http',
  'redis-loss',
  'browser-stream',
  'fuzz',
  'streaming-example',
  'check-config',
  'rpc-http-process',
  'slow-consumers',
  'presence-nodes',
  'rpc-browser',
  'redis-sharded',
  'gateway',
  'shutdown',
  'history-redis',
  'configurations',
  'operators',
  'kept-calls-browser',
];

/** Where nothing is known of earlier runs, Jest goes by the size of files, which says little here. */
export default class SlowestFirst extends Sequencer {
  sort(tests) {
    // oxlint-disable-next-line unicorn/no-array-sort -- it is no array
    return super.sort(tests).toSorted((a, b) => rank(a.path) - rank(b.path));
  }
}

function rank(path) {
  const index = SLOW.indexOf(basename(path).split('.')[0]);
  return index < 0 ? SLOW.length : index;
}
