/**
 * S3 Access Grants as rows: an account's instance in a Region, its locations, each with the role that reaches it, and its
 * grants. https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-grants-concepts.html
 */
import type { GranteeType, Permission } from '@aws-sdk/client-s3-control';
import type { Context } from '../../core/context.ts';
import { type Access, Missing, type Tag } from '../../core/operation.ts';
import { table } from '../../store/store.ts';
import { requireOwnAccount } from './accounts.ts';
import { grantError } from './grantErrors.ts';
import { pagesOf } from './pages.ts';

interface Placed {
  readonly account: string;
  readonly region: string;
}

/** ARNs: of an instance of IAM Identity Center, and of what Access Grants is in it. */
export interface IdentityCenter {
  readonly instance: string;
  readonly application: string;
}

export interface GrantsInstance extends Placed {
  readonly identityCenter?: IdentityCenter | undefined;
  readonly created: string;
  readonly tags: readonly Tag[];
  /** Principals are bound to who they are. */
  readonly policy?: string | undefined;
  readonly policySet?: string | undefined;
}

export const grantsInstances = table<GrantsInstance>('s3_grants_instance', {
  key: ({ account, region }) => [account, region],
});

export interface GrantsLocation extends Placed {
  /** `default` for all of S3. */
  readonly id: string;
  /** `s3://bucket/prefix*` */
  readonly scope: string;
  readonly role: string;
  readonly created: string;
  readonly tags: readonly Tag[];
}

/** An account's in a Region, as one part of a key. */
export const placeOf = ({ account, region }: Placed) => `${account} ${region}`;

export const grantsLocations = table<GrantsLocation>('s3_grants_location', {
  key: (location) => [placeOf(location), location.id],
  indexes: { scope: (location) => [[placeOf(location), location.scope]] },
});

export interface AccessGrant extends Placed {
  readonly id: string;
  readonly location: string;
  readonly subPrefix?: string | undefined;
  /** Of the location and the sub-prefix together; of one object unless it ends with an asterisk. */
  readonly scope: string;
  /** `IAM` when absent. */
  readonly granteeType?: Exclude<GranteeType, 'IAM'> | undefined;
  /** ARN of a user or role; id of a directory's user or group. */
  readonly grantee: string;
  /** ARN of the one application of IAM Identity Center through which it may be used. */
  readonly application?: string | undefined;
  readonly permission: Permission;
  readonly created: string;
  readonly tags: readonly Tag[];
}

export const accessGrants = table<AccessGrant>('s3_access_grant', {
  key: (grant) => [placeOf(grant), grant.id],
  indexes: {
    grantee: (grant) => [[placeOf(grant), grant.grantee, grant.id]],
    location: (grant) => [[placeOf(grant), grant.location, grant.id]],
  },
});

export const instanceArn = ({ account, region }: Placed) => `arn:aws:s3:${region}:${account}:access-grants/default`;
export const locationArn = (location: GrantsLocation) => `${instanceArn(location)}/location/${location.id}`;
export const grantArn = (grant: AccessGrant) => `${instanceArn(grant)}/grant/${grant.id}`;

export interface InstanceAsked {
  readonly AccountId?: string | undefined;
}

/** For operations' `load`: the instance of the account that the request names, which may be another's. */
export async function loadInstance({ AccountId }: InstanceAsked, ctx: Context): Promise<GrantsInstance | Missing> {
  const place = { account: AccountId ?? ctx.account, region: ctx.region };
  if (place.account !== ctx.account) ctx.audit.recipientAccountId = place.account;
  const found = await ctx.store.get(grantsInstances, [place.account, place.region]);
  return found ?? new Missing(instanceArn(place), grantError('AccessGrantsInstanceNotExistsError'));
}

/** Permission on the instance, over which its own policy has a say. */
export const onInstance = (instance: GrantsInstance, conditions: Access['conditions'] = {}): Access => ({
  resource: instanceArn(instance),
  resourceAccount: instance.account,
  resourcePolicy: instance.policy,
  resourceTags: instance.tags,
  conditions,
});

/** Operations on an instance, whoever its policies let in. */
export const ofInstance = {
  load: loadInstance,
  access: (_input: InstanceAsked, _ctx: Context, instance: GrantsInstance) => onInstance(instance),
};

/** Operations on an instance that are its own account's. */
export const ofOwnInstance = {
  load: loadInstance,
  access(input: InstanceAsked, ctx: Context, instance: GrantsInstance) {
    requireOwnAccount(ctx, input.AccountId);
    return onInstance(instance);
  },
};

export const grantPages = pagesOf(() => grantError('InvalidRequest'));
