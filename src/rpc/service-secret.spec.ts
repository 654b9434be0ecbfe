import { loadSettings } from '../config/loading/load-settings.js';
import { ProceduresSettings } from '../config/sections/procedures/procedures.settings.js';
import { ServiceSecret } from './service-secret.js';

function secret(value?: string): ServiceSecret {
  const procedures = value === undefined ? {} : { secret: value };
  return new ServiceSecret(loadSettings({ procedures, allowWeakSecrets: true }).procedures!);
}

describe('the service secret', () => {
  it('is that of the settings', () => {
    expect(secret('SECRET-OF-KITTENS').value).toBe('SECRET-OF-KITTENS');
  });

  it('is made of 18 random bytes where there is none, fit for a URL and another one each time', () => {
    const values = Array.from({ length: 50 }, () => secret().value);
    for (const value of values) expect(value).toMatch(/^[\w-]{24}$/);
    expect(new Set(values).size).toBe(50);
  });

  it('is there without the section of procedures', () => {
    expect(new ServiceSecret(new ProceduresSettings()).value).toHaveLength(24);
  });

  it('is itself only, and of bytes, as headers are', () => {
    const one = secret('söcrets!');
    expect(one.is(Buffer.from('söcrets!').toString('latin1'))).toBe(true);
    for (const other of ['', 'söcrets!', 'socrets!', 'sÃ¶crets!!', 'sÃ¶crets'])
      expect(one.is(other)).toBe(false);
  });

  it('is found anywhere in a text', () => {
    const one = secret('abcabcabd');
    for (const text of [
      'abcabcabd',
      'Bearer abcabcabd',
      'abcabcabcabd',
      'abcabcabd;',
      `${'x'.repeat(9999)}abcabcabd`,
    ])
      expect(one.isIn(text)).toBe(true);
    for (const text of ['', 'abcabcab', 'ABCABCABD', 'abcabc abd', 'bcabcabda'])
      expect(one.isIn(text)).toBe(false);
  });
});
