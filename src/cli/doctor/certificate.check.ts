import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Settings } from '../../config/settings.js';
import { expiryFindings } from './expiry.js';
import { type Finding, ok } from './finding.js';

const ABOUT = 'server.tls';

/** For whom and until when our own certificate is; that it fits its key has been seen when the settings were checked. */
export async function certificateCheck({ server }: Settings): Promise<readonly Finding[]> {
  if (!server.tls) return [];
  const certificate = new X509Certificate(await readFile(server.tls.certFile));
  const names = certificate.subjectAltName?.replaceAll('DNS:', '') ?? certificate.subject;
  const found = expiryFindings(ABOUT, 'the certificate', certificate);
  return found.length > 0
    ? found
    : [ok(ABOUT, `the certificate is for ${names}, until ${certificate.validTo}`)];
}
