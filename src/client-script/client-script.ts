import { Injectable } from '@nestjs/common';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';

/** Made of the workspace `client` by its build. */
const FILE = new URL('../../client/dist/kittiwake-client.min.js', import.meta.url);

/** The client as one module. */
export interface Script {
  readonly plain: Buffer;
  readonly gzipped: Buffer;
  /** The entity tag of both, by what is in them. */
  readonly etag: string;
}

/** The client of this version, read when a page first asks for it. */
@Injectable()
export class ClientScript {
  private script: Promise<Script> | undefined;

  /** @throws when the package is incomplete. */
  read(): Promise<Script> {
    return (this.script ??= read());
  }
}

async function read(): Promise<Script> {
  const plain = await readFile(FILE);
  const gzipped = await promisify(gzip)(plain, { level: 9 });
  // Weak: it stands for the bytes with and without a coding.
  return { plain, gzipped, etag: `W/"${createHash('sha256').update(plain).digest('hex').slice(0, 16)}"` };
}
