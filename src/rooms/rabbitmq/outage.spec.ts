import { RabbitMqOutage } from './outage.js';

const logged = (faults: string[]): string[] => {
  const lines: string[] = [];
  const outage = new RabbitMqOutage({
    warn: (text: string) => void lines.push(`warn ${text}`),
    debug: (text: string) => void lines.push(`debug ${text}`),
  });
  for (const fault of faults) outage.failed('mq:5672', fault);
  return lines.map((line) => line.split(' ', 1)[0]!);
};

describe('RabbitMqOutage', () => {
  it('warns of the first fault, with a cure or without', () => {
    expect(logged(['no idea', 'no idea either'])).toEqual(['warn', 'debug']);
  });

  it('warns of each other reason that has a cure', () => {
    expect(logged(['no idea', 'Login was refused', 'Login was refused'])).toEqual(['warn', 'warn', 'debug']);
  });

  it('knows one reason by its cure, in whichever words it comes', () => {
    const faults = ['Socket closed abruptly during opening handshake', 'read ECONNRESET', 'write EPIPE'];
    expect(logged(faults)).toEqual(['warn', 'debug', 'debug']);
  });
});
