/**
 * S3 Block Public Access of accounts and organizations, which binds every bucket and access point of the account:
 * written by S3 Control, read by S3 on its requests.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
 */
import { type Transaction, table } from '../store/store.ts';
import { effectivePolicy } from './effectivePolicies.ts';

/** The four settings; each is off when absent. */
export interface PublicAccessBlock {
  readonly BlockPublicAcls: boolean;
  readonly IgnorePublicAcls: boolean;
  readonly BlockPublicPolicy: boolean;
  readonly RestrictPublicBuckets: boolean;
}

export const ALL_BLOCKED: PublicAccessBlock = {
  BlockPublicAcls: true,
  IgnorePublicAcls: true,
  BlockPublicPolicy: true,
  RestrictPublicBuckets: true,
};

const NOTHING_BLOCKED: PublicAccessBlock = {
  BlockPublicAcls: false,
  IgnorePublicAcls: false,
  BlockPublicPolicy: false,
  RestrictPublicBuckets: false,
};

export interface AccountPublicAccess {
  readonly account: string;
  readonly block: PublicAccessBlock;
}

export const accountPublicAccess = table<AccountPublicAccess>('s3_account_public_access', {
  key: ({ account }) => [account],
});

/** As a request gives them: what it leaves out is off. */
export const blockOf = (
  given: { readonly [K in keyof PublicAccessBlock]?: boolean | undefined },
): PublicAccessBlock => ({
  BlockPublicAcls: given.BlockPublicAcls === true,
  IgnorePublicAcls: given.IgnorePublicAcls === true,
  BlockPublicPolicy: given.BlockPublicPolicy === true,
  RestrictPublicBuckets: given.RestrictPublicBuckets === true,
});

const BLOCKS: Readonly<Record<string, PublicAccessBlock>> = { all: ALL_BLOCKED, none: NOTHING_BLOCKED };

/** What an organization's S3 policies say of an account: then nothing that the account itself says counts. */
export async function organizationBlock(tx: Transaction, account: string): Promise<PublicAccessBlock | undefined> {
  const policy = await effectivePolicy(tx, account, 'S3_POLICY');
  const content = policy?.content as { s3_attributes?: { public_access_block_configuration?: string } } | undefined;
  return BLOCKS[content?.s3_attributes?.public_access_block_configuration ?? ''];
}

/** Of the account itself: as it was put, and as its organization wants it. */
export async function accountBlock(tx: Transaction, account: string): Promise<PublicAccessBlock | undefined> {
  return (await organizationBlock(tx, account)) ?? (await tx.get(accountPublicAccess, [account]))?.block;
}

/** What holds for a resource of the account: whatever any of the levels blocks. */
export async function effectiveBlock(
  tx: Transaction,
  account: string,
  ...levels: readonly (PublicAccessBlock | undefined)[]
): Promise<PublicAccessBlock> {
  return strictest([await accountBlock(tx, account), ...levels]);
}

function strictest(levels: readonly (PublicAccessBlock | undefined)[]): PublicAccessBlock {
  const set = levels.filter((level) => level !== undefined);
  if (set.length === 0) return NOTHING_BLOCKED;
  if (set.length === 1) return set[0]!;
  return {
    BlockPublicAcls: set.some((level) => level.BlockPublicAcls),
    IgnorePublicAcls: set.some((level) => level.IgnorePublicAcls),
    BlockPublicPolicy: set.some((level) => level.BlockPublicPolicy),
    RestrictPublicBuckets: set.some((level) => level.RestrictPublicBuckets),
  };
}
