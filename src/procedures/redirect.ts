import { ProcedureError } from './procedure-errors.js';

/** Thrown by a procedure whose result is at another URL. Over HTTP: status 302. */
export class ProcedureRedirect extends ProcedureError {
  override readonly name = 'Redirect';

  constructor(readonly location: string) {
    super(`redirected to ${location}`, 302);
  }
}
