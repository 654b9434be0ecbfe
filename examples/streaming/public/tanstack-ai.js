/**
 * A connection for `useChat` of TanStack AI: its messages go to a procedure that gives the chunks of `chat()`.
 * @example useChat({ connection: kittiwakeConnection(client, 'chat', id) })
 */
import { kept, stream } from 'kittiwake-client';

/**
 * @param {import('kittiwake-client').Client} client
 * @param {string} procedure
 * @param {string} id Of the chat: after a reload, the call of this name is gone on with.
 */
export function kittiwakeConnection(client, procedure, id) {
  return {
    /** @param {unknown[]} messages @param {object} [data] @param {AbortSignal} [abortSignal] */
    async *connect(messages, data, abortSignal) {
      const chunks = stream(client, procedure, { messages, ...data }, { resumable: kept(`chat:${id}`) });
      // `stop()` of the hook ends the call; a page that goes away does not.
      abortSignal?.addEventListener('abort', () => void chunks.cancel().catch(() => {}));
      yield* chunks;
    },
  };
}
