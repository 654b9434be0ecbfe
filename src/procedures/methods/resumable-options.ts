import { parseByteSize } from '../../config/kinds/byte-size.js';
import { parseDuration } from '../../config/kinds/duration.js';
import {
  ABANDONED_POLICIES,
  ResumableSettings,
} from '../../config/sections/procedures/resumable.settings.js';
import { type Resumption, resumptionOf } from '../resumption.js';
import type { ProcedureOptions } from './procedure.decorator.js';

const MIN_TTL_MS = 1_000;
const MIN_GRACE_MS = 100;
const MIN_BYTES = 1_024;

/** The retention of the calls of a procedure, if they are kept. @throws when its options do not say that. */
export function resumptionIn({ resumable, raw }: ProcedureOptions): Resumption | undefined {
  if (resumable === undefined) return undefined;
  if (raw)
    throw new Error('it has both of the options raw and resumable: what it writes itself cannot be kept');
  const { ttl, maxBytes, grace, ...given } = resumable === true ? {} : resumable;
  const preset = new ResumableSettings();
  const { whenAbandoned = preset.whenAbandoned } = given;
  if (!ABANDONED_POLICIES.includes(whenAbandoned))
    throw new Error(`its resumable.whenAbandoned is "${whenAbandoned as string}", expected finish or stop`);
  return resumptionOf({
    takeOver: false,
    whenAbandoned,
    ttlMs: durationOf('ttl', ttl, MIN_TTL_MS) ?? preset.ttlMs,
    graceMs: durationOf('grace', grace, MIN_GRACE_MS) ?? preset.graceMs,
    maxBytes: bytesOf(maxBytes) ?? preset.maxBytes,
  });
}

function durationOf(name: string, text: string | undefined, minMs: number): number | undefined {
  if (text === undefined) return undefined;
  const ms = parseDuration(text);
  if (ms !== undefined && ms >= minMs) return ms;
  throw new Error(
    `its resumable.${name} is "${text}", expected a duration such as 10m, of at least ${minMs}ms`,
  );
}

function bytesOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const bytes = parseByteSize(text);
  if (bytes !== undefined && bytes >= MIN_BYTES) return bytes;
  throw new Error(
    `its resumable.maxBytes is "${text}", expected a size such as 1MiB, of at least ${MIN_BYTES}B`,
  );
}
