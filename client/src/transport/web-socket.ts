import { KittiwakeError } from '../errors.js';
import { platform } from '../platform.js';
import type { TransportFactory } from './transport.js';

const SUB_PROTOCOL = 'kittiwake.v1.json';

export interface WebSocketOptions {
  /** For platforms without a `WebSocket` of their own: that of `ws`, in Node 20. */
  readonly WebSocket?: new (url: string, protocols: string) => object;
}

/** Carries frames over a WebSocket. */
export function webSocket(options: WebSocketOptions = {}): TransportFactory {
  return (url, events) => {
    const Socket = (options.WebSocket ?? platform.WebSocket) as (typeof platform)['WebSocket'];
    if (!Socket) throw new KittiwakeError('not_supported', 'no WebSocket here');
    const socket = Object.assign(new Socket(url.replace(/^http/, 'ws'), SUB_PROTOCOL), {
      onmessage: ({ data }: { data: unknown }) => events.frame(data as string),
      onclose: ({ code, reason }: { code: number; reason: string }) => events.closed(code, reason),
      onerror() {}, // A close follows, which is enough; without a listener `ws` throws.
    });
    return {
      name: 'websocket',
      send: (text) => socket.send(text),
      close: (code) => socket.close(code),
    };
  };
}
