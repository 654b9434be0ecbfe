import { remedyIn, TLS_FAULTS, withoutAdvice, type KnownFault } from '../../base/tls-fault.js';

const KNOWN: readonly KnownFault[] = [
  { words: /Login was refused/, cure: 'set the right user and password in its url' },
  {
    words: /Expected ConnectionOpenOk; got <ConnectionClose/,
    says: 'it does not let its user into the virtual host',
    cure: 'set one that is there in its url, amqp://host/name, and give its user rights to it',
  },
  {
    words: /PRECONDITION_FAILED.*(?:inequivalent arg '[^']*' for queue|invalid arg 'x-stream-offset')/,
    cure: 'set queue to another name: the one that is there is of another mode',
  },
  {
    words: /invalid arg 'x-queue-type'/,
    cure: 'mode stream needs RabbitMQ 3.9 or later, and its feature flag stream_queue',
  },
  {
    words: /PRECONDITION_FAILED.*inequivalent arg/,
    cure: 'set exchangeType and exchangeDurable to what the exchange has',
  },
  {
    words: /ACCESS_REFUSED.*access to (?:exchange|queue)/,
    cure: 'its user needs to configure and read exchange and queues (hightemplar_.*, or its queue), and to write to the queues and, with mode stream, to amq.default',
  },
  {
    words: /wrong version number|packet length too long|record layer failure/i,
    says: 'the port does not speak TLS',
    cure: 'use amqp:// in its url and leave tls out, or the port that does',
  },
  {
    // Which of these it is depends on who is quicker.
    words: /closed abruptly during opening handshake|^(?:read|write) (?:ECONNRESET|EPIPE)/,
    cure: 'if the port speaks TLS, use amqps:// in its url, or set tls; if it wants a client certificate, tls.certFile',
  },
  ...TLS_FAULTS,
];

/** A fault in words that help. */
export interface RabbitMqFault {
  readonly text: string;
  /** The part of the text that says what to do. */
  readonly cure?: string;
}

/** Adds to what RabbitMQ, Node or OpenSSL say of a fault what helps against it, as far as that is known. */
export function explainedRabbitMqFault(fault: string): RabbitMqFault {
  const remedy = remedyIn(KNOWN, fault);
  if (!remedy) return { text: fault };
  return { text: `${remedy.says ?? withoutAdvice(fault)} (${remedy.cure})`, cure: remedy.cure };
}
