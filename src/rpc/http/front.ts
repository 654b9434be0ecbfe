import type { DescriptorChannel } from '../descriptors/channel.js';

/** The place where requests come in. */
export interface RpcFront {
  /** What the path of every procedure begins with: `/rpc`, or nothing. */
  readonly prefix: string;
  readonly transport: 'tcp' | 'unix';
  /** Whether a connection serves one request only. */
  readonly isForOneRequest: boolean;
  /** The descriptors that come with the request, where they can. */
  readonly descriptors?: DescriptorChannel | undefined;
  /** The body of the request, if somebody has read it before. */
  readonly body?: Buffer | undefined;
}
