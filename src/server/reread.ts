import { Logger } from '@nestjs/common';
import type { Server } from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import { messageOf } from '../base/message-of.js';
import type { Settings } from '../config/settings.js';
import { certificate } from './certificate.js';

const REST =
  'the rest of the configuration is read at a start only: `kittiwake restart` replaces this process';

/** Reloads the certificate, and logs that the rest of the configuration needs a restart. Never throws. */
export function reread(
  { server: { tls } }: Settings,
  server: Server & Partial<Pick<HttpsServer, 'setSecureContext'>>,
): void {
  const logger = new Logger('Kittiwake');
  if (!tls) {
    logger.warn(`SIGHUP: ${REST}`);
    return;
  }
  try {
    server.setSecureContext?.(certificate(tls));
    logger.log(`SIGHUP: the certificate has been read again; ${REST}`);
  } catch (error) {
    logger.error(`SIGHUP: the certificate stays as it is: ${messageOf(error)}`);
  }
}
