import { ClientError } from '../../protocol/errors.js';

/** What is answered to frames that are no calls; Shirow has no words for them, it does not answer. */
export const RPC_ERRORS = {
  invalidFrame: () =>
    new ClientError(
      'invalid_frame',
      'A call must be a JSON object with function_name, parameters_list and marker.',
    ),
} as const;
