import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import { messageOf } from '../base/message-of.js';
import { ConfigurationError } from '../config/configuration-error.js';
import type { TlsSettings } from '../config/sections/tls.settings.js';

/** Reads certificate and key. @throws {ConfigurationError} when they cannot be read or do not match. */
export function certificate({ certFile, keyFile }: TlsSettings): {
  readonly cert: Buffer;
  readonly key: Buffer;
} {
  const files = { cert: readPem('certFile', certFile), key: readPem('keyFile', keyFile) };
  try {
    createSecureContext(files);
  } catch (cause) {
    const problem = `server.tls: certFile and keyFile cannot be used together: ${messageOf(cause)}`;
    throw new ConfigurationError([problem], { cause });
  }
  return files;
}

function readPem(key: string, path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new ConfigurationError([`server.tls.${key}: the file cannot be read: ${messageOf(cause)}`], {
      cause,
    });
  }
}
