import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

export interface CertificateFiles {
  readonly certFile: string;
  readonly keyFile: string;
}

/** Certificates of a test, for 127.0.0.1. */
export class Certificates {
  private constructor(private readonly folder: string) {}

  static async open(): Promise<Certificates> {
    return new Certificates(await mkdtemp(join(tmpdir(), 'kittiwake-tls-')));
  }

  /** @param issuer whose certificate signs this one; without it, it is signed by itself. */
  async make(name: string, issuer?: CertificateFiles): Promise<CertificateFiles> {
    const files = {
      certFile: join(this.folder, `${name}.cert.pem`),
      keyFile: join(this.folder, `${name}.key.pem`),
    };
    const signer = issuer ? ['-CA', issuer.certFile, '-CAkey', issuer.keyFile] : [];
    const key = [
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:prime256v1',
      '-nodes',
      '-keyout',
      files.keyFile,
    ];
    const subject = ['-subj', `/CN=${name}`, '-addext', 'subjectAltName=IP:127.0.0.1', '-days', '2'];
    await promisify(execFile)('openssl', [
      'req',
      '-x509',
      ...key,
      ...subject,
      ...signer,
      '-out',
      files.certFile,
    ]).catch((cause) => {
      throw new Error('this test needs the openssl command to make a certificate', { cause });
    });
    return files;
  }

  async stop(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }
}
