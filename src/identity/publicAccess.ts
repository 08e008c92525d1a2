/**
 * S3 Block Public Access of accounts and organizations, which binds every bucket and access point of the account:
 * written by S3 Control, read by S3 on its requests.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
 */
import { type Transaction, table } from '../store/store.ts';
import { chainOf, type OrganizationPolicy, organizationPolicies } from './organization.ts';

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

/** What an organization's S3 policies say of an account: the one nearest to it, unless one above forbids to differ. */
async function organizationBlock(tx: Transaction, account: string): Promise<PublicAccessBlock | undefined> {
  const chain = await chainOf(tx, account);
  if (!chain?.units[0]?.enabledTypes?.includes('S3_POLICY')) return undefined;
  let assigned: string | undefined;
  for (const target of [...chain.units, chain.account]) {
    for (const id of target.attachments.S3_POLICY ?? []) {
      const policy = await tx.get(organizationPolicies, [chain.organization.id, id]);
      const setting = policy && settingIn(policy);
      if (setting) assigned = setting['@@assign'] ?? assigned;
      if (setting?.['@@operators_allowed_for_child_policies']?.includes('@@none')) return blockFor(assigned);
    }
  }
  return blockFor(assigned);
}

const blockFor = (assigned: string | undefined) => (assigned === 'all' ? ALL_BLOCKED : undefined);

interface Setting {
  readonly '@@assign'?: string;
  readonly '@@operators_allowed_for_child_policies'?: readonly string[];
}

const settings = new WeakMap<OrganizationPolicy, { readonly setting: Setting | undefined }>();

/** Read once for each version of the row. */
function settingIn(policy: OrganizationPolicy): Setting | undefined {
  let known = settings.get(policy);
  if (!known) {
    type Content = { s3_attributes?: { public_access_block_configuration?: Setting } };
    const { s3_attributes: attributes } = JSON.parse(policy.content) as Content;
    settings.set(policy, (known = { setting: attributes?.public_access_block_configuration }));
  }
  return known.setting;
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
