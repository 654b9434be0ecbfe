import { readFile } from 'node:fs/promises';
import { messageOf } from '../base/message-of.js';

/** How a client speaks TLS; files are PEM. */
export interface ClientTls {
  readonly caFile?: string | undefined;
  readonly certFile?: string | undefined;
  readonly keyFile?: string | undefined;
  /** Whether a certificate that cannot be verified refuses the connection. Default: yes. */
  readonly rejectUnauthorized?: boolean | undefined;
}

/** What `tls.connect` takes. */
export interface TlsOptions {
  readonly ca?: Buffer;
  readonly cert?: Buffer;
  readonly key?: Buffer;
  readonly rejectUnauthorized: boolean;
}

/**
 * Reads the files, so that a new certificate counts from the next connection on.
 * @param server whom it is for: `Redis`.
 * @throws when one cannot be read; names it.
 */
export async function readTls(
  server: string,
  { caFile, certFile, keyFile, rejectUnauthorized = true }: ClientTls,
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
