import type { IncomingMessage } from 'node:http';
import { clientAddress } from './client-address.js';

function addressOf(remoteAddress: string | undefined, forwarded?: string, trustProxy = true, bits = 64) {
  const headers = forwarded === undefined ? {} : { 'x-forwarded-for': forwarded };
  const request = { headers, socket: { remoteAddress } } as unknown as IncomingMessage;
  return clientAddress(request, { trustProxy, ipv6PrefixBits: bits });
}

describe('the address of a client', () => {
  // 2.2.2.2:1001 and 2.2.2.2:1002 were two clients, each with a limit of its own.
  it.each([
    ['2.2.2.2', '2.2.2.2'],
    ['2.2.2.2:1001', '2.2.2.2'],
    ['  2.2.2.2 , 10.0.0.1', '2.2.2.2'],
    ['[2.2.2.2]:80', '2.2.2.2'],
    ['::ffff:2.2.2.2', '2.2.2.2'],
    ['::FFFF:0202:0202', '2.2.2.2'],
    ['0:0:0:0:0:ffff:2.2.2.2', '2.2.2.2'],
    ['[::ffff:2.2.2.2]:1001', '2.2.2.2'],
    ['2001:db8::1', '2001:db8:0:0:0:0:0:0/64'],
    ['2001:DB8:0::0:2', '2001:db8:0:0:0:0:0:0/64'],
    ['2001:0db8:0000:0000:ffff:ffff:ffff:ffff', '2001:db8:0:0:0:0:0:0/64'],
    ['[2001:db8::1]', '2001:db8:0:0:0:0:0:0/64'],
    ['[2001:db8::1]:1001', '2001:db8:0:0:0:0:0:0/64'],
    ['2001:db8:0:1::1', '2001:db8:0:1:0:0:0:0/64'],
    ['fe80::1%eth0', 'fe80:0:0:0:0:0:0:0/64'],
    ['::1', '0:0:0:0:0:0:0:0/64'],
  ])('forwarded as %j is %s', (forwarded, expected) => {
    expect(addressOf('192.0.2.1', forwarded)).toBe(expected);
  });

  it.each([
    '',
    'unknown',
    '_hidden',
    '2.2.2',
    '2.2.2.256',
    '02.2.2.2',
    '2.2.2.2:',
    '[::1',
    '::1::2',
    'a, 2.2.2.2',
    ':80',
  ])('is that of the socket where a proxy says %j', (forwarded) => {
    expect(addressOf('192.0.2.1', forwarded)).toBe('192.0.2.1');
  });

  it('is that of the socket, as IPv4 where it is one, when no proxy is trusted or it says nothing', () => {
    expect(addressOf('::ffff:192.0.2.1', '2.2.2.2', false)).toBe('192.0.2.1');
    expect(addressOf('::ffff:192.0.2.1')).toBe('192.0.2.1');
  });

  it('is unknown for a socket that is gone', () => {
    expect(addressOf(undefined)).toBeUndefined();
  });

  it.each([
    [128, '2001:db8:1:2:3:4:506:708/128'],
    [56, '2001:db8:1:0:0:0:0:0/56'],
    [60, '2001:db8:1:0:0:0:0:0/60'],
    [63, '2001:db8:1:2:0:0:0:0/63'],
    [20, '2001:0:0:0:0:0:0:0/20'],
    [1, '0:0:0:0:0:0:0:0/1'],
  ])('has so many bits of IPv6 count as it is told: %i', (bits, expected) => {
    expect(addressOf('2001:db8:1:2:3:4:5.6.7.8', undefined, false, bits)).toBe(expected);
  });
});
