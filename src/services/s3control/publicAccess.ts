/**
 * Block Public Access of an account: it binds all buckets and access points of the account, now and later.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/configuring-block-public-access-account.html
 */
import {
  type DeletePublicAccessBlockRequest,
  type GetPublicAccessBlockOutput,
  type GetPublicAccessBlockRequest,
  NoSuchPublicAccessBlockConfiguration,
  type PutPublicAccessBlockRequest,
} from '@aws-sdk/client-s3-control';
import type { Context } from '../../core/context.ts';
import { AccessDenied, CommonError, fail } from '../../core/errors.ts';
import type { Operation, Present } from '../../core/operation.ts';
import { accountBlock, accountPublicAccess, blockOf, organizationBlock } from '../../identity/publicAccess.ts';
import { requireOwnAccount } from './accounts.ts';

interface Asked {
  readonly AccountId?: string | undefined;
}

const access = (input: Asked, ctx: Context) => {
  requireOwnAccount(ctx, input.AccountId);
  return { resource: '*' };
};

/** Where an organization's S3 policy decides, the account's own settings rest as they are. */
async function requireOwnSettings(ctx: Context): Promise<void> {
  if (await organizationBlock(ctx.store, ctx.account)) throw new AccessDenied('Access Denied');
}

export const GetPublicAccessBlock: Operation<Present<GetPublicAccessBlockRequest> & Asked, GetPublicAccessBlockOutput> =
  {
    action: 's3:GetAccountPublicAccessBlock',
    eventName: 'GetAccountPublicAccessBlock',
    access,
    async run(_input, ctx) {
      const block = await accountBlock(ctx.store, ctx.account);
      if (block) return { PublicAccessBlockConfiguration: block };
      return fail(NoSuchPublicAccessBlockConfiguration, 'The public access block configuration was not found');
    },
  };

export const PutPublicAccessBlock: Operation<Present<PutPublicAccessBlockRequest> & Asked, object> = {
  action: 's3:PutAccountPublicAccessBlock',
  eventName: 'PutAccountPublicAccessBlock',
  access,
  async run(input, ctx) {
    await requireOwnSettings(ctx);
    const given = input.PublicAccessBlockConfiguration;
    if (Object.values(given).every((value) => value === undefined)) {
      throw new CommonError('InvalidRequest', 'Must specify at least one configuration.');
    }
    await ctx.store.replace(accountPublicAccess, { account: ctx.account, block: blockOf(given) });
    return {};
  },
};

export const DeletePublicAccessBlock: Operation<Present<DeletePublicAccessBlockRequest> & Asked, object> = {
  action: 's3:PutAccountPublicAccessBlock',
  eventName: 'DeleteAccountPublicAccessBlock',
  access,
  async run(_input, ctx) {
    await requireOwnSettings(ctx);
    await ctx.store.remove(accountPublicAccess, [ctx.account]);
    return {};
  },
};
