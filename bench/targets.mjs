/** The servers that are measured: how each is started, and how one speaks to it. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { limitProgram } from './peers/limit.mjs';

const here = import.meta.dirname;
const gateway = path.join(here, '..', 'dist', 'server', 'main.js');
const onPort = (port) => ({ PORT: String(port) });

const TARGETS = {
  kittiwake: {
    label: 'Kittiwake',
    script: gateway,
    dialect: 'plain',
    environment: (port) => ({
      KITTIWAKE_PORT: String(port),
      KITTIWAKE_OPERATORS_PORT: '0',
      KITTIWAKE_CONFIG: path.join(here, 'kittiwake.yaml'),
    }),
  },
  ws: {
    label: 'bare ws',
    script: path.join(here, 'peers', 'ws.mjs'),
    dialect: 'plain',
    environment: onPort,
  },
  nest: {
    label: 'plain Nest',
    script: path.join(here, 'peers', 'nest.mjs'),
    dialect: 'nest',
    environment: onPort,
  },
  socketio: {
    label: 'Socket.IO',
    script: path.join(here, 'peers', 'socketio.mjs'),
    dialect: 'socketio',
    environment: onPort,
  },
};

export const TARGET_NAMES = Object.keys(TARGETS);

/** The gateway with rooms, which take part in no comparison. */
export const ROOMS_TARGET = {
  ...TARGETS.kittiwake,
  name: 'kittiwake',
  dialect: 'rooms',
  environment: (port) => ({
    KITTIWAKE_PORT: String(port),
    KITTIWAKE_OPERATORS_PORT: '0',
    KITTIWAKE_CONFIG: path.join(here, 'rooms.yaml'),
  }),
};

/** The gateway as a module of an app whose procedures are functions, as those of the peers are. */
export const PROCEDURES_TARGET = {
  ...TARGETS.kittiwake,
  name: 'kittiwake',
  script: path.join(here, 'peers', 'kittiwake-procedures.mjs'),
  dialect: 'procedures',
  environment: onPort,
};

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

/** The yardstick of the goals; `reason` says why there is none. */
export function limitTarget() {
  const { program, reason } = limitProgram();
  if (program === undefined) return { reason };
  return {
    target: { name: 'limit', label: 'LIMIT-C', command: [program], dialect: 'plain', environment: onPort },
  };
}
