import { Setting } from '../kinds/setting.decorator.js';
import { FILE } from '../kinds/text-format.js';
import { text } from '../kinds/text.kind.js';

/** The certificate that the gateway shows to its clients. */
export class TlsSettings {
  @Setting({ kind: text(FILE), isRead: true, about: 'The certificate and its chain, a PEM file.' })
  readonly certFile!: string;

  @Setting({ kind: text(FILE), isRead: true, about: 'The private key of the certificate, a PEM file.' })
  readonly keyFile!: string;
}
