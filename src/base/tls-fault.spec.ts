import { withoutAdvice } from './tls-fault.js';

describe('the text of a fault of TLS', () => {
  it.each([
    ['self-signed certificate', 'self-signed certificate'],
    [
      'self-signed certificate; if the root CA is installed locally, try running Node.js with --use-system-ca',
      'self-signed certificate',
    ],
    [
      'WRONGPASS invalid username-password pair or user is disabled.',
      'WRONGPASS invalid username-password pair or user is disabled',
    ],
  ])('goes before our advice without that of others: %s', (fault, told) => {
    expect(withoutAdvice(fault)).toBe(told);
  });
});
