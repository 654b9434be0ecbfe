import { Rule, Setting, type Disagreement } from '../kinds/setting.decorator.js';
import { FILE } from '../kinds/text-format.js';
import { flag, text } from '../kinds/text.kind.js';

/** TLS to a server: how it proves that it is the right one, and how the gateway does where it is asked to. */
@Rule(certificateHasKey)
export class ClientTlsSettings {
  @Setting({
    kind: text(FILE),
    optional: true,
    isRead: true,
    about: 'A PEM file of the authorities to trust.',
  })
  readonly caFile?: string;

  @Setting({
    kind: text(FILE),
    optional: true,
    isRead: true,
    about: 'The certificate that the gateway shows to the server, and its chain, a PEM file.',
  })
  readonly certFile?: string;

  @Setting({
    kind: text(FILE),
    optional: true,
    isRead: true,
    about: 'The private key of that certificate, a PEM file.',
  })
  readonly keyFile?: string;

  @Setting({ kind: flag(), about: 'Refuses a server whose certificate is not trusted.' })
  readonly rejectUnauthorized: boolean = true;
}

function certificateHasKey({ certFile, keyFile }: ClientTlsSettings): Disagreement | undefined {
  if ((certFile === undefined) === (keyFile === undefined)) return undefined;
  return certFile === undefined
    ? { key: 'certFile', found: 'none', expected: 'the certificate of keyFile' }
    : { key: 'keyFile', found: 'none', expected: 'the private key of certFile' };
}
