import type { Command } from 'commander';
import { CommandError } from '../command-error.js';
import type { Context } from '../context.js';
import type { Finding, FindingState } from '../doctor/finding.js';

/** The findings, for programs. */
interface Report {
  /** Whether there is no problem; there may be warnings. */
  readonly ok: boolean;
  readonly findings: readonly Finding[];
}

const MARKS: Readonly<Record<FindingState, string>> = { ok: 'ok', warning: 'warning', problem: 'PROBLEM' };
const MARK_WIDTH = 9;

const HELP = `
It changes nothing: the app is asked with OPTIONS, and Redis and RabbitMQ only
what they are. It is the view from this machine, as this user.`;

/** `kittiwake doctor`: tries what the configuration names, and says what is wrong and how to cure it. */
export function addDoctorCommand(program: Command, context: Context): void {
  program
    .command('doctor')
    .description('try what the configuration names: app, Redis, RabbitMQ, keys, certificates, ports')
    .addHelpText('after', HELP)
    .action(async () => {
      const { examine } = await import('../doctor/examine.js');
      const findings = await examine(() => context.settings());
      const problems = findings.filter(({ state }) => state === 'problem').length;
      context.printer().value<Report>({ ok: problems === 0, findings }, forPeople);
      if (problems > 0)
        throw new CommandError(problems === 1 ? 'there is a problem' : `there are ${problems} problems`);
    });
}

function forPeople({ findings }: Report): string {
  return findings.map(lineOf).join('\n');
}

function lineOf({ state, about, says, cure }: Finding): string {
  const line = `${MARKS[state].padEnd(MARK_WIDTH)}${about}: ${says}`;
  return cure === undefined ? line : `${line}\n${' '.repeat(MARK_WIDTH)}-> ${cure}`;
}
