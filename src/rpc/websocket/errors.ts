import { ClientError } from '../../protocol/errors.js';

/** Errors for frames that are no calls. Their texts are ours: Shirow does not answer such frames. */
export const RPC_ERRORS = {
  invalidFrame: () =>
    new ClientError(
      'invalid_frame',
      'A call must be a JSON object with function_name, parameters_list and marker.',
    ),
} as const;
