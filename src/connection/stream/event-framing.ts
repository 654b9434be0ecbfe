import { payloadOf } from '../outflow/frame.js';
import { SharedEncoding } from '../outflow/shared-encoding.js';

const DATA = Buffer.from('data: ');
const END = Buffer.from('\n\n');
const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
/** Ends of lines in an event stream (WHATWG HTML section 9.2.6). */
const LINE_END = /\r\n|\n|\r/g;

/** Frames as Server-Sent Events: JSON that services have laid out in lines has a `data` for each. */
export class EventFraming extends SharedEncoding {
  protected encode(frame: Buffer): Buffer {
    const payload = payloadOf(frame);
    return Buffer.concat([DATA, hasLines(payload) ? dataLines(payload) : payload, END]);
  }
}

/** An event with a name. @param data without line ends. */
export function namedEvent(name: string, data: string): Buffer {
  return Buffer.from(`event: ${name}\ndata: ${data}\n\n`);
}

function hasLines(payload: Buffer): boolean {
  return payload.includes(LINE_FEED) || payload.includes(CARRIAGE_RETURN);
}

/** In latin1 each byte is a character, so that UTF-8 comes out as it was. */
function dataLines(payload: Buffer): Buffer {
  return Buffer.from(payload.toString('latin1').replace(LINE_END, '\ndata: '), 'latin1');
}
