/**
 * A transport for `useChat` of the AI SDK (`ai` 5 and later): its messages go to a procedure that gives UI message chunks.
 * @example useChat({ id, resume: true, transport: kittiwakeTransport(client, 'chat') })
 */
import { kept, stream } from 'kittiwake-client';

/**
 * @param {import('kittiwake-client').Client} client
 * @param {string} procedure
 */
export function kittiwakeTransport(client, procedure) {
  /** The calls that run, for a page that is loaded again: `resume` asks for those only. @param {string} chatId */
  const keyOf = (chatId) => `chat:${chatId}`;
  /** @param {string} chatId @param {unknown} messages @param {AbortSignal} [signal] */
  const read = (chatId, messages, signal) => {
    const chunks = stream(client, procedure, { messages }, { resumable: kept(keyOf(chatId)) });
    // `stop()` of the hook ends the call; a page that goes away does not.
    signal?.addEventListener('abort', () => void chunks.cancel().catch(() => {}));
    return new ReadableStream({
      async pull(controller) {
        const { done, value } = await chunks.next();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      cancel: () => void chunks.return(),
    });
  };
  return {
    /** @param {{ chatId: string, messages: unknown[], abortSignal?: AbortSignal }} request */
    sendMessages: async ({ chatId, messages, abortSignal }) => read(chatId, messages, abortSignal),
    /** @param {{ chatId: string }} request @returns null: there is none that runs. */
    reconnectToStream: async ({ chatId }) =>
      sessionStorage.getItem(`kittiwake:${keyOf(chatId)}`) ? read(chatId, undefined) : null,
  };
}
