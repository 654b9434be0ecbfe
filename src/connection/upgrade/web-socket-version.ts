/** RFC 6455, and the draft of it that is the same on the wire. */
const VERSIONS = ['13', '8'];

/** The headers of an answer with status 426 (RFC 6455 section 4.4, RFC 9110 section 15.5.22). */
export const UPGRADE_REQUIRED = { 'Sec-WebSocket-Version': '13', Upgrade: 'websocket' };

/** Whether the gateway speaks the version of WebSocket that a handshake names. */
export function isVersionSpoken(version: string | undefined): boolean {
  return version !== undefined && VERSIONS.includes(version);
}
