/**
 * Which version of session tokens the global STS endpoint gives. Our tokens are all of the second version: valid in
 * every Region, opt-in Regions too. So `v2Token` is honoured, and the first version, which opt-in Regions refuse, is
 * not given.
 */
import type { SetSecurityTokenServicePreferencesRequest } from '@aws-sdk/client-iam';
import { CommonError } from '../../core/errors.ts';
import type { Operation, Present } from '../../core/operation.ts';

export const SetSecurityTokenServicePreferences: Operation<
  Present<SetSecurityTokenServicePreferencesRequest>,
  object
> = {
  access: () => ({ resource: '*' }),
  async run(input) {
    if (input.GlobalEndpointTokenVersion === 'v2Token') return {};
    const sentence = 'This plane issues version 2 session tokens only: GlobalEndpointTokenVersion must be v2Token.';
    throw new CommonError('ValidationError', sentence);
  },
};

/** `GlobalEndpointTokenVersion` of the account summary. */
export const GLOBAL_ENDPOINT_TOKEN_VERSION = 2;
