/** The servers that are measured: how each is started, and how one subscribes to it. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { TOPIC } from './wire.mjs';

const here = import.meta.dirname;
const gateway = path.join(here, '..', 'dist', 'server', 'main.js');

/** The one that the ratios are to. */
export const REFERENCE = 'ws';

const TARGETS = {
  kittiwake: {
    label: 'Kittiwake',
    script: gateway,
    environment: (port) => ({
      KITTIWAKE_PORT: String(port),
      KITTIWAKE_CONFIG: path.join(here, 'kittiwake.yaml'),
    }),
    subscribe: JSON.stringify({ event: 'subscribe', subscription: TOPIC }),
  },
  ws: {
    label: 'bare ws',
    script: path.join(here, 'peers', 'ws.mjs'),
    environment: (port) => ({ PORT: String(port) }),
    subscribe: JSON.stringify({ event: 'subscribe', subscription: TOPIC }),
  },
  nest: {
    label: 'plain Nest',
    script: path.join(here, 'peers', 'nest.mjs'),
    environment: (port) => ({ PORT: String(port) }),
    subscribe: JSON.stringify({ event: 'subscribe', data: TOPIC }),
  },
};

export const TARGET_NAMES = Object.keys(TARGETS);

/**
 * The targets of these names. A name may be given twice: the difference between the two is the noise.
 * @throws when there is no such target, or it is not built.
 */
export function targetsOf(names) {
  return names.map((name, index) => {
    const target = TARGETS[name];
    if (target === undefined)
      throw new Error(`there is no target "${name}", only ${TARGET_NAMES.join(', ')}`);
    if (!existsSync(target.script)) throw new Error(`${target.script} is missing: run "npm run build" first`);
    const nth = names.slice(0, index).filter((earlier) => earlier === name).length + 1;
    return nth === 1
      ? { ...target, name }
      : { ...target, name: `${name}-${nth}`, label: `${target.label} (${nth})` };
  });
}
