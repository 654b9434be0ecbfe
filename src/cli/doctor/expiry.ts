import type { X509Certificate } from 'node:crypto';
import { type Finding, problem, warning } from './finding.js';

const DAY_MS = 86_400_000;
/** The days by which automatic renewal is done. */
const SOON_DAYS = 14;

/** Finds faults in the time of a certificate. @param name what it is, in words. */
export function expiryFindings(
  about: string,
  name: string,
  { validFrom, validTo }: X509Certificate,
): readonly Finding[] {
  const days = Math.floor((Date.parse(validTo) - Date.now()) / DAY_MS);
  if (days < 0) return [problem(about, `${name} has expired: ${validTo}`, 'renew it')];
  if (Date.parse(validFrom) > Date.now())
    return [problem(about, `${name} is not valid before ${validFrom}`, 'see whether the clock is right')];
  if (days < SOON_DAYS) return [warning(about, `${name} expires in ${days} days: ${validTo}`, 'renew it')];
  return [];
}
