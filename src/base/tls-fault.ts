/** What is wrong with a connection, and what helps against it. */
export interface Remedy {
  /** What is wrong, where the text of the fault does not say it in words that help. */
  readonly says?: string;
  /** What to do about it. */
  readonly cure: string;
}

/** A remedy, and by which words a fault is known that it helps against. */
export type KnownFault = Remedy & { readonly words: RegExp };

/** Of a list of faults that are known, the one that a text tells of. */
export function remedyIn(known: readonly KnownFault[], text: string): Remedy | undefined {
  return known.find(({ words }) => words.test(text));
}

/** What OpenSSL and Node say when TLS to a server fails. The cures name the settings below `tls`. */
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
