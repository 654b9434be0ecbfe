import type { IncomingHttpHeaders } from 'node:http';
import { isIP } from 'node:net';

/** Rules for finding the address of a client, and for how much of it counts. */
export interface AddressRules {
  /** Whether the address is the first of `X-Forwarded-For`. */
  readonly trustProxy: boolean;
  /** The leading bits of an IPv6 address that count as one client, which usually has all addresses that begin alike. */
  readonly ipv6PrefixBits: number;
}

/** The parts of a request that tell an address. Node's own requests have them. */
export interface AddressedRequest {
  readonly headers: IncomingHttpHeaders;
  readonly socket?: { readonly remoteAddress?: string | undefined } | undefined;
}

const GROUPS = 8;
const GROUP_BITS = 16;
const ALL_OF_GROUP = 0xff_ff;
/** `::ffff:0:0/96`, IPv4 as IPv6 (RFC 4291 section 2.5.5.2). */
const MAPPED = [0, 0, 0, 0, 0, 0xff_ff].join(':');

/** The address that a client is counted by, in one spelling; the socket's, where the proxy gives no valid one. */
export function clientAddress(
  { headers, socket }: AddressedRequest,
  { trustProxy, ipv6PrefixBits }: AddressRules,
): string | undefined {
  const forwarded = trustProxy ? headers['x-forwarded-for'] : undefined;
  const first = forwarded === undefined ? '' : withoutPort(String(forwarded).split(',', 1)[0]!.trim());
  return canonicalAddress(first, ipv6PrefixBits) ?? canonicalAddress(socket?.remoteAddress, ipv6PrefixBits);
}

/** Some proxies add the port: `192.0.2.1:1001`, `[2001:db8::1]:1001`. */
function withoutPort(text: string): string {
  return /^\[([^\]]*)\](?::\d+)?$/.exec(text)?.[1] ?? /^([\d.]+):\d+$/.exec(text)?.[1] ?? text;
}

/** An address in one spelling, of IPv6 the prefix only; nothing when it is not an address. */
export function canonicalAddress(address = '', ipv6PrefixBits: number): string | undefined {
  const version = isIP(address);
  if (version !== 6) return version === 4 ? address : undefined;
  const groups = groupsOf(address);
  if (groups.slice(0, 6).join(':') === MAPPED) return groups.slice(6).flatMap(bytesOf).join('.');
  const kept = groups.map((group, i) => group & maskOf(ipv6PrefixBits - i * GROUP_BITS));
  return `${kept.map((group) => group.toString(16)).join(':')}/${ipv6PrefixBits}`;
}

/** The eight numbers of a valid IPv6 address, without its zone. */
function groupsOf(address: string): number[] {
  const [before = [], after = []] = address
    .replace(/%.*$/, '')
    .replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, ...bytes: string[]) =>
      hexGroups(bytes.slice(0, 4).map(Number)),
    )
    .split('::')
    .map((part) =>
      part
        .split(':')
        .filter((group) => group !== '')
        .map((group) => Number.parseInt(group, 16)),
    );
  const zeros = Array.from({ length: GROUPS - before.length - after.length }, () => 0);
  return [...before, ...zeros, ...after];
}

function hexGroups([a = 0, b = 0, c = 0, d = 0]: number[]): string {
  return `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
}

function bytesOf(group: number): number[] {
  return [group >> 8, group & 0xff];
}

/** Of a group, the leading bits that count; at most all of them, at least none. */
function maskOf(bits: number): number {
  const rest = Math.min(GROUP_BITS, Math.max(0, GROUP_BITS - bits));
  return (ALL_OF_GROUP << rest) & ALL_OF_GROUP;
}
