import { connect } from 'amqplib';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { end, start } from '../child.mjs';
import { freePort } from '../ports.mjs';
import { HOST } from '../wire.mjs';
import { programOf } from './program.mjs';

const START_DEADLINE_MS = 40_000;
const BETWEEN_TRIES_MS = 200;

/** Debian's program on the PATH takes the rights of another user; the first is what it starts. */
const PROGRAMS = ['/usr/lib/rabbitmq/bin/rabbitmq-server', 'rabbitmq-server'];

/**
 * A RabbitMQ in a folder and with a name server (epmd) of its own, so that nothing of it stays behind: `{ url, stop }`,
 * or undefined where there is none.
 */
export async function startRabbitMq(cores) {
  const program = programOf(PROGRAMS);
  const names = programOf(['epmd']);
  if (program === undefined || names === undefined) return undefined;
  const ports = { amqp: await freePort(), distribution: await freePort(), names: await freePort() };
  const directory = await mkdtemp(join(tmpdir(), 'kittiwake-bench-rabbitmq-'));
  const options = { cores: cores.load, environment: environmentOf(ports, directory), isGroup: true };
  const children = [
    start([names, '-port', `${ports.names}`, '-address', HOST], options),
    start([program], options),
  ];
  const stop = async () => {
    for (const child of children.toReversed()) await end(child);
    await rm(directory, { recursive: true, force: true });
  };
  const url = `amqp://guest:guest@${HOST}:${ports.amqp}`;
  try {
    await answering(url, children[1]);
  } catch (error) {
    await stop();
    throw error;
  }
  return { url, stop };
}

async function answering(url, child) {
  const deadline = Date.now() + START_DEADLINE_MS;
  for (;;) {
    try {
      const connection = await connect(url, { timeout: 1000 });
      await connection.close();
      return;
    } catch (cause) {
      if (child.exitCode !== null || Date.now() > deadline)
        throw new Error(`RabbitMQ did not start:\n${child.output}`, { cause });
      await wait(BETWEEN_TRIES_MS);
    }
  }
}

function environmentOf({ amqp, distribution, names }, directory) {
  const inside = (name) => join(directory, name);
  return {
    HOME: directory,
    ERL_EPMD_PORT: `${names}`,
    ERL_EPMD_ADDRESS: HOST,
    RABBITMQ_NODENAME: 'kittiwake-bench@localhost',
    RABBITMQ_NODE_IP_ADDRESS: HOST,
    RABBITMQ_NODE_PORT: `${amqp}`,
    RABBITMQ_DIST_PORT: `${distribution}`,
    RABBITMQ_MNESIA_BASE: inside('data'),
    RABBITMQ_LOG_BASE: inside('log'),
    RABBITMQ_PID_FILE: inside('pid'),
    RABBITMQ_CONFIG_FILE: inside('rabbitmq'),
    RABBITMQ_CONF_ENV_FILE: inside('rabbitmq-env.conf'),
    RABBITMQ_ENABLED_PLUGINS_FILE: inside('enabled_plugins'),
    RABBITMQ_GENERATED_CONFIG_DIR: inside('config'),
    RABBITMQ_ADVANCED_CONFIG_FILE: inside('advanced'),
  };
}
