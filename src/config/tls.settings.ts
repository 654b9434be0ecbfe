import { FILE } from './text-format.js';
import { Setting } from './setting.decorator.js';
import { text } from './text.kind.js';

/** The certificate that the gateway shows to its clients. */
export class TlsSettings {
  @Setting({ kind: text(FILE), isRead: true, about: 'The certificate and its chain, a PEM file.' })
  readonly certFile!: string;

  @Setting({ kind: text(FILE), isRead: true, about: 'The private key of the certificate, a PEM file.' })
  readonly keyFile!: string;
}
