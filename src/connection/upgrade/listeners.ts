import { Injectable } from '@nestjs/common';
import { once } from 'node:events';
import { closeSync } from 'node:fs';
import { Server } from 'node:net';

/** A port's purpose, and the address that the settings give it. */
export interface ListenAddress {
  readonly name: string;
  readonly host: string;
  readonly port: number;
}

/** A listening socket that another process has opened. */
export interface InheritedSocket extends ListenAddress {
  readonly fd: number;
}

/** The TCP ports of this process. A new version of it can take them over while it starts; see `Handover`. */
@Injectable()
export class Listeners {
  private readonly inherited = new Map<string, InheritedSocket>();
  private readonly listening = new Map<ListenAddress, Server>();
  /** Whether this process takes over from another, which still serves. */
  isSuccessor = false;

  /** Takes the sockets of the predecessor. To be called before anything listens. */
  inherit(sockets: readonly InheritedSocket[]): void {
    this.isSuccessor = true;
    for (const socket of sockets) this.inherited.set(keyOf(socket), socket);
  }

  /** Makes a server listen. @throws when the port cannot be had. */
  async listen(server: Server, address: ListenAddress): Promise<void> {
    server.listen(this.optionsFor(address));
    await once(server, 'listening');
    this.add(server, address);
  }

  /** The options to listen with: the socket of the predecessor, where it has one for the same address. */
  optionsFor(address: ListenAddress): { host: string; fd: number } | { host: string; port: number } {
    const { host, port } = address;
    const socket = this.inherited.get(keyOf(address));
    if (!socket) return { host, port };
    this.inherited.delete(keyOf(address));
    return { host, fd: socket.fd };
  }

  /** Remembers a server that listens, until it ends with the process. */
  add(server: Server, address: ListenAddress): void {
    this.listening.set(address, server);
  }

  /** The listening sockets, for a process that this one starts. */
  get sockets(): readonly InheritedSocket[] {
    return [...this.listening].map(([address, server]) => ({ ...address, fd: fdOf(server) }));
  }

  /** Closes sockets of the predecessor that nothing took: clients would wait there for ever. */
  closeUnused(): void {
    for (const { fd } of this.inherited.values()) closeSync(fd);
    this.inherited.clear();
  }

  /** Takes no new connections; those that are there stay, idle ones as well. */
  stopAccepting(): void {
    for (const server of this.listening.values()) Server.prototype.close.call(server);
  }
}

/** Not documented, but in every Node, except on Windows. */
function fdOf(server: Server): number {
  return (server as Server & { readonly _handle: { readonly fd: number } })._handle.fd;
}

function keyOf({ name, host, port }: ListenAddress): string {
  return `${name} ${host} ${port}`;
}
