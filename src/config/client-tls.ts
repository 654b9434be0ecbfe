import { readFile } from 'node:fs/promises';
import { messageOf } from '../base/message-of.js';
import type { ClientTlsSettings } from './sections/client-tls.settings.js';

/** The options of `tls.connect` that are set from settings. */
export interface TlsOptions {
  readonly ca?: Buffer;
  readonly cert?: Buffer;
  readonly key?: Buffer;
  readonly rejectUnauthorized: boolean;
}

/**
 * Reads the files, so that a new certificate counts from the next connection on.
 * @param server the name of the server in errors, such as `Redis`.
 * @throws when a file cannot be read; the error names it.
 */
export async function readTls(
  server: string,
  { caFile, certFile, keyFile, rejectUnauthorized }: ClientTlsSettings,
): Promise<TlsOptions> {
  const ca = await read(`the CA file for ${server}`, caFile);
  const cert = await read(`the certificate for ${server}`, certFile);
  const key = await read(`the key for ${server}`, keyFile);
  return { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }), rejectUnauthorized };
}

async function read(what: string, path: string | undefined): Promise<Buffer | undefined> {
  try {
    return path === undefined ? undefined : await readFile(path);
  } catch (cause) {
    throw new Error(`${what} cannot be read: ${messageOf(cause)}`, { cause });
  }
}
