import { Descriptor } from '../../procedures/descriptor.js';
import { ProcedureError } from '../../procedures/procedure-errors.js';

/** The prefix of the texts that stand in a body for descriptors. */
const MARK = /^_(?:FD|SO)_BRE_MAGIC_-/;
const FILE = /^_FD_BRE_MAGIC_-([a-z+]{1,8})$/i;
const SOCKET = /^_SO_BRE_MAGIC_-(\d{1,9})-(\d{1,9})-(\d{1,9})$/;

export function isDescriptorText(value: unknown): value is string {
  return typeof value === 'string' && MARK.test(value);
}

/** Reads the mode of a file or the kind of a socket. @throws {ProcedureError} (400) when the text is malformed. */
export function descriptorKind(text: string): Descriptor['kind'] {
  const mode = FILE.exec(text)?.[1];
  if (mode !== undefined) return mode;
  const numbers = SOCKET.exec(text)?.slice(1).map(Number);
  if (!numbers) throw new ProcedureError(`this is no file descriptor: ${text.slice(0, 100)}`, 400);
  const [family = 0, type = 0, protocol = 0] = numbers;
  return { family, type, protocol };
}

export function descriptorText({ kind }: Descriptor): string {
  return typeof kind === 'string'
    ? `_FD_BRE_MAGIC_-${kind}`
    : `_SO_BRE_MAGIC_-${kind.family}-${kind.type}-${kind.protocol}`;
}
