import type { ChannelModel } from 'amqplib';
import { messageOf } from '../../base/message-of.js';
import type { RoomsSettings } from '../../config/sections/rooms/rooms.settings.js';
import type { Settings } from '../../config/settings.js';
import { RabbitMqBinding } from '../../rooms/rabbitmq/binding.js';
import { connectTo } from '../../rooms/rabbitmq/link.js';
import { queueOf } from '../../rooms/rabbitmq/queue.js';
import { explainedRabbitMqFault } from '../../rooms/rabbitmq/faults.js';
import { type Finding, ok, problem, warning } from './finding.js';

const ABOUT = 'rooms.rabbitmq';

/** Whether each RabbitMQ lets us in, and whether exchange and queue of all nodes are there and bound. */
export async function rabbitMqCheck({ rooms }: Settings, signal: AbortSignal): Promise<readonly Finding[]> {
  if (!rooms?.rabbitmq) return [];
  const { url, urls } = rooms.rabbitmq;
  const servers = urls.length > 0 ? urls : [url];
  return (await Promise.all(servers.map((server) => findingsOf(server, rooms, signal)))).flat();
}

async function findingsOf(
  url: string,
  rooms: RoomsSettings,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const name = new URL(url).host;
  try {
    const connection = await connectTo(url, rooms.rabbitmq!, signal);
    connection.on('error', () => undefined);
    try {
      return [
        ok(ABOUT, `RabbitMQ at ${name} lets the gateway in`),
        ...(await findingsAbout(connection, rooms)),
      ];
    } finally {
      await connection.close().catch(() => undefined); // it may have ended already
    }
  } catch (error) {
    const { text, cure } = explainedRabbitMqFault(messageOf(error));
    return [
      problem(ABOUT, `RabbitMQ at ${name}: ${text}`, cure ? undefined : 'start it, or set where it is'),
    ];
  }
}

async function findingsAbout(connection: ChannelModel, rooms: RoomsSettings): Promise<readonly Finding[]> {
  const { exchangeType, mode } = rooms.rabbitmq!;
  const { exchange, name, probe } = queueOf(rooms);
  if (!(await isThere(connection, (channel) => channel.checkExchange(exchange))))
    return [warning(ABOUT, `there is no exchange "${exchange}" yet`, 'start the gateway: it declares it')];
  if (mode === 'exclusive') return [ok(ABOUT, `the exchange "${exchange}" is there`)];
  if (!(await isThere(connection, (channel) => channel.checkQueue(name))))
    return [warning(ABOUT, `there is no queue "${name}" yet`, 'start the gateway: it declares it')];
  // As a running gateway does, by a message that only this queue gets, and nobody takes for a trigger.
  const canTell = mode === 'durable' && exchangeType === 'direct';
  const isBound = canTell ? await new RabbitMqBinding(connection, exchange, probe).isThere() : undefined;
  if (isBound === false)
    return [
      problem(ABOUT, `the queue "${name}" is not bound to "${exchange}"`, 'start the gateway: it binds it'),
    ];
  return [ok(ABOUT, `the queue "${name}" is there${isBound ? `, bound to "${exchange}"` : ''}`)];
}

/** Asks on a channel of its own, which RabbitMQ closes when there is none. @throws other errors than that. */
async function isThere(
  connection: ChannelModel,
  ask: (channel: Awaited<ReturnType<ChannelModel['createChannel']>>) => Promise<unknown>,
): Promise<boolean> {
  const channel = await connection.createChannel();
  channel.on('error', () => undefined);
  try {
    await ask(channel);
    await channel.close();
    return true;
  } catch (error) {
    if ((error as { code?: number }).code !== 404) throw error;
    return false;
  }
}
