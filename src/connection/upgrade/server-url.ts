import { Server as TlsServer } from 'node:https';
import type { AddressInfo, Server } from 'node:net';

/** The URL at which a listening server can be reached from this machine. */
export function serverUrl(server: Server): string {
  const { address, family, port } = server.address() as AddressInfo;
  const host = address === '0.0.0.0' || address === '::' ? 'localhost' : address;
  const name = family === 'IPv6' && host === address ? `[${address}]` : host;
  return `${server instanceof TlsServer ? 'https' : 'http'}://${name}:${port}`;
}
