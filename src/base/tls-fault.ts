/** A fault of a connection in plain words, and its cure. */
export interface Remedy {
  /** The fault, where its own text does not help. */
  readonly says?: string;
  /** The advice to the operator. */
  readonly cure: string;
}

/** A remedy, and the words by which its fault is recognised. */
export type KnownFault = Remedy & { readonly words: RegExp };

/** The advice that Node 24 adds to its text: it is for whoever starts Node by hand, and ours follows. */
const NODE_ADVICE = /; if the root CA is installed locally,.*$/;

/** The text of a fault as it is told before its cure. */
export function withoutAdvice(fault: string): string {
  return fault.replace(NODE_ADVICE, '').replace(/\.$/, '');
}

/** The remedy for the text of a fault, from a list of known ones. */
export function remedyIn(known: readonly KnownFault[], text: string): Remedy | undefined {
  return known.find(({ words }) => words.test(text));
}

/** The messages of OpenSSL and Node when TLS to a server fails. The cures name the settings below `tls`. */
export const TLS_FAULTS: readonly KnownFault[] = [
  {
    words: /certificate required|handshake failure/i,
    says: 'it refuses the TLS handshake, as a server does that wants a client certificate',
    cure: 'set tls.certFile and tls.keyFile',
  },
  {
    words: /alert (?:number 4[2-68]|unknown ca|bad certificate|certificate (?:unknown|revoked|expired))/i,
    says: 'it refuses the client certificate',
    cure: 'set tls.certFile to one of an authority that the server trusts',
  },
  {
    words: /self-signed certificate|unable to (?:verify|get (?:local )?issuer)/i,
    cure: 'set tls.caFile to the authority of its certificate',
  },
  { words: /does not match certificate's altnames/i, cure: 'use a host name that its certificate has' },
  { words: /certificate has expired/i, cure: 'its certificate has to be renewed' },
];
