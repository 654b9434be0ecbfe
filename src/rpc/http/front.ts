import type { DescriptorChannel } from '../descriptors/channel.js';

/** The way by which a request came in. */
export interface RpcFront {
  /** The prefix of the paths of all procedures: `/rpc`, or empty. */
  readonly prefix: string;
  readonly transport: 'tcp' | 'unix';
  /** Whether a connection serves one request only. */
  readonly isForOneRequest: boolean;
  /** Whether clients come here from anywhere. */
  readonly isForClients?: boolean;
  /** The descriptors of the request, where the transport can pass them. */
  readonly descriptors?: DescriptorChannel | undefined;
  /** The body of the request, if the app has read it before. */
  readonly body?: Buffer | undefined;
}
