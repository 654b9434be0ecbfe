import { duration, integer } from '../kinds/number.kind.js';
import { type Disagreement, Rule, Setting } from '../kinds/setting.decorator.js';
import { FILE } from '../kinds/text-format.js';
import { choice, text } from '../kinds/text.kind.js';

export const LEDGER_KINDS = ['redis', 'file', 'none'] as const;
export type LedgerKind = (typeof LEDGER_KINDS)[number];

/** Records of ends that the app must hear of, kept where they outlive the node. */
@Rule(beatsInTime)
export class LedgerSettings {
  @Setting({
    kind: choice(LEDGER_KINDS),
    optional: true,
    about:
      'Where it is kept: in the Redis of the broker, in a `file` for a gateway of one machine, or nowhere (`none`): then the app does not hear of what ends with a node that is killed. By default in Redis if the broker is there, else in a file if there is a folder for it.',
  })
  readonly kind?: LedgerKind;

  @Setting({
    kind: text(FILE),
    optional: true,
    about:
      'The folder of that file, of this machine and of this gateway alone. By default one in `procedures.local.stateDir`.',
  })
  readonly dir?: string;

  @Setting({
    kind: duration({ min: 100 }),
    about:
      'A node that was not heard of for so long is taken for lost, and the others tell the app what has ended with it.',
  })
  readonly leaseMs: number = 15_000;

  @Setting({
    kind: duration({ min: 20 }),
    about: 'How often a node says that it lives, and looks for nodes that are lost; at most half of `lease`.',
  })
  readonly beatMs: number = 5_000;

  @Setting({
    kind: integer({ min: 1, max: 1_000_000 }),
    about: 'How many ends per second each node tells for those that are lost.',
  })
  readonly rate: number = 500;
}

function beatsInTime({ leaseMs, beatMs }: LedgerSettings): Disagreement | undefined {
  if (2 * beatMs <= leaseMs) return undefined;
  return {
    key: 'beat',
    found: `${beatMs}ms, with a lease of ${leaseMs}ms`,
    expected: 'at most half of the lease',
  };
}
