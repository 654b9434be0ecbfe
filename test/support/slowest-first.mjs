import Sequencer from '@jest/test-sequencer';
import { basename } from 'node:path';

/** Files that take many times as long as others, the longest first: one of them that begins last has all wait for it. */
const SLOW = [
  'rooms-rabbitmq',
  'nodes',
  'contract',
  'roaming-oracle',
  'browser-kept',
  'handover',
  'cli',
  'open-api-page',
  'history-oracle',
  'rooms',
  'topics',
  'endpoints',
  'rpc',
  'process',
  'limits',
  'workers',
  'rpc-http-fuzz',
  'fuzz-intake',
  'apps',
  'upper-floors',
  'lower-floors',
  'redis-loss',
  'redis-sharded',
  'soak',
  'kept-calls-oracle',
  'client',
  'browser',
  'leases',
  'examples',
  'streaming-example',
  'browser-stream',
  'rpc-http',
  'check-config',
  'bookshop',
  'rpc-local',
  'slow-consumers',
  'service-callbacks',
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
