/** Who am I, and whose key is this? */
import type {
  GetAccessKeyInfoRequest,
  GetAccessKeyInfoResponse,
  GetCallerIdentityRequest,
  GetCallerIdentityResponse,
} from '@aws-sdk/client-sts';
import { CommonError } from '../../core/errors.ts';
import { accountOfAccessKey } from '../../core/ids.ts';
import { Open, type Operation, type Present } from '../../core/operation.ts';

const open = new Open('Everybody may ask who they are; AWS answers even where a policy denies it.');

export const GetCallerIdentity: Operation<GetCallerIdentityRequest, GetCallerIdentityResponse> = {
  access: () => open,
  run: async (_input, { caller }) => ({ UserId: caller.userId, Account: caller.account, Arn: caller.arn }),
};

/** The account is in the key id itself, so the answer says nothing of whether the key exists. */
export const GetAccessKeyInfo: Operation<Present<GetAccessKeyInfoRequest>, GetAccessKeyInfoResponse> = {
  access: () => ({ resource: '*' }),
  async run({ AccessKeyId }) {
    const account = accountOfAccessKey(AccessKeyId);
    if (account === undefined) throw new CommonError('ValidationError', 'Invalid Access Key ID format');
    return { Account: account };
  },
};
