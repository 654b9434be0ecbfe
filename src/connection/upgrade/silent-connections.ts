import { type Server, Socket } from 'node:net';

/** Node's list of its open handles; undocumented, but in every version. */
interface WithHandles {
  _getActiveHandles(): readonly unknown[];
}

/**
 * Ends the connections of a server that have never sent anything, such as those that browsers and clients of HTTP open
 * beforehand. A server that closes waits for them, however long: they are not idle, as they have had no request.
 */
export function endSilentConnections(server: Server): void {
  // They are sought when they matter: to follow each connection from its beginning would cost memory for all.
  for (const handle of (process as unknown as WithHandles)._getActiveHandles())
    if (handle instanceof Socket && serverOf(handle) === server && handle.bytesRead === 0) handle.destroy();
}

function serverOf(socket: Socket): unknown {
  return 'server' in socket ? socket.server : undefined;
}
