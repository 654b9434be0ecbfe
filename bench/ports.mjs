/** Ports of the loopback interface. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import net from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { HOST } from './wire.mjs';

const BETWEEN_TRIES_MS = 50;

/** Where the ephemeral ports begin, and how many below are tried: clients take none of those. */
const EPHEMERAL_FROM = ephemeralFrom();
const TRIED_BELOW = 12_000;

/** A port that nothing listens on at this moment, and that no connection takes meanwhile. */
export async function freePort() {
  for (;;) {
    const port = EPHEMERAL_FROM - 1 - Math.floor(Math.random() * TRIED_BELOW);
    const probe = net.createServer().listen(port, HOST);
    const isFree = await once(probe, 'listening').then(
      () => true,
      () => false, // taken
    );
    if (!isFree) continue;
    probe.close();
    await once(probe, 'close');
    return port;
  }
}

/** Resolves when the child listens on the port. @throws with what it has printed, if it ends or takes too long. */
export async function listening(child, port, { label, deadlineMs }) {
  const deadline = Date.now() + deadlineMs;
  while (!(await isListening(port))) {
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null)
      throw new Error(`${label} ended at its start:\n${child.output}`);
    if (Date.now() > deadline) throw new Error(`${label} does not listen on port ${port}:\n${child.output}`);
    await wait(BETWEEN_TRIES_MS);
  }
}

function isListening(port) {
  return new Promise((resolve) => {
    const socket = net.connect(port, HOST);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

function ephemeralFrom() {
  try {
    return Number.parseInt(readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'latin1'), 10);
  } catch {
    return 32_768; // not Linux: lower than elsewhere
  }
}
