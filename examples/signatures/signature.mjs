import { createHmac, timingSafeEqual } from 'node:crypto';

/**
 * Whether a request is from the gateway.
 * @param headers by lower-case name, as Node gives them
 * @param {Buffer} body as it came: JSON that was parsed and written again is something else
 * @param {string[]} secrets those of the gateway, and while they are changed the old ones as well
 */
export function isFromGateway(headers, body, secrets, toleranceSeconds = 300) {
  const {
    'webhook-id': id,
    'webhook-timestamp': timestamp = '',
    'webhook-signature': signatures = '',
  } = headers;
  if (!id || !/^\d{1,12}$/.test(timestamp)) return false;
  if (Math.abs(Date.now() / 1000 - Number(timestamp)) > toleranceSeconds) return false;
  const given = signatures.split(' ').map((signature) => Buffer.from(signature));
  return secrets.some((secret) => {
    const key = Buffer.from(secret.replace('whsec_', ''), 'base64');
    const hash = createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest('base64');
    const expected = Buffer.from(`v1,${hash}`);
    return given.some((one) => one.length === expected.length && timingSafeEqual(one, expected));
  });
}
