import type { NeededVariable } from '../procedures/need-info.js';
import { isObject } from '../protocol/json/json.js';
import { CommandError } from './command-error.js';
import { EXIT, exitCodeOf } from './exit-code.js';

/** The error text of the gateway itself for an unknown procedure; a procedure that answers 404 has its own. */
const NOT_FOUND = 'Not Found';

/** An error as the answer to a call. */
export class CallFailure extends CommandError {
  override readonly name = 'CallFailure';

  constructor(
    procedure: string,
    readonly status: number,
    /** The body of the answer: an object with `error`, or whatever came. */
    private readonly body: unknown,
  ) {
    super(messageOf(procedure, status, body), neededIn(body) ? EXIT.refused : exitCodeOf(status));
  }

  /** Whether there is no such procedure. */
  get isUnknown(): boolean {
    return this.status === 404 && isObject(this.body) && this.body.error === NOT_FOUND;
  }

  /** The variables that a locked procedure needs; empty for any other failure. */
  get neededVariables(): readonly NeededVariable[] {
    return neededIn(this.body) ?? [];
  }
}

function neededIn(body: unknown): readonly NeededVariable[] | undefined {
  if (!isObject(body) || !Array.isArray(body.needed_vars)) return undefined;
  return body.needed_vars.filter(
    (variable): variable is NeededVariable => isObject(variable) && typeof variable.name === 'string',
  );
}

function messageOf(procedure: string, status: number, body: unknown): string {
  if (typeof body === 'string' && body.trim() !== '') return body.trim();
  if (isObject(body) && 'error' in body)
    return errorText(procedure, status, body.error) + needsText(neededIn(body) ?? []);
  if (isObject(body) && typeof body.redirect === 'string') return `moved to ${body.redirect}`;
  return `the gateway answered with status ${status}`;
}

/** Without access, the error of the gateway is just the path, whether there is such a procedure or not. */
function errorText(procedure: string, status: number, error: unknown): string {
  if (typeof error !== 'string') return JSON.stringify(error);
  if (status === 404 && error === NOT_FOUND) return `there is no procedure ${procedure}`;
  if (status === 403 && error.startsWith('/'))
    return `no access to ${procedure}: the service secret, or a token, is missing or wrong`;
  return error;
}

function needsText(needed: readonly NeededVariable[]): string {
  return needed.length === 0 ? '' : ` (needs ${needed.map(({ name }) => `--${name}`).join(' ')})`;
}
