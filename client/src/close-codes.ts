/**
 * Close codes after which a client does not come back: the gateway's own, and those of RFC 6455 for a peer that does not
 * understand. A test compares them with the gateway's table.
 */
const FINAL: readonly number[] = [1002, 1003, 1007, 1009, 1010, 4403, 4409];

/** Whether a client may not come back after this code. */
export const isFinal = (code: number): boolean => FINAL.includes(code);
