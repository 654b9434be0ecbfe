/** The folder of a ledger in a file cannot be used. */
export class LedgerFolderError extends Error {
  override readonly name = 'LedgerFolderError';
}
