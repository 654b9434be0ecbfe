import type { ConnectedEvent, EndedEvent } from '../observing/gateway-event.js';
import type { CloseReason } from '../protocol/close-reason.js';
import type { EndReason } from '../protocol/end-reason.js';
import type { Connection } from './connection.js';

export function connectedEvent(connection: Connection): ConnectedEvent {
  const { id, endpointName, transportKind, countedAddress } = connection;
  return {
    type: 'connected',
    connectionId: id,
    endpoint: endpointName,
    transport: transportKind,
    address: countedAddress,
  };
}

export function endedEvent(
  { id, endpointName }: Connection,
  closing: CloseReason | undefined,
  reason: EndReason,
): EndedEvent {
  return { type: 'ended', connectionId: id, endpoint: endpointName, reason, closedFor: closing?.name };
}
