/** Instances of S3 Access Grants, one of an account in a Region, and their policies. */
import type {
  CreateAccessGrantsInstanceRequest,
  CreateAccessGrantsInstanceResult,
  DeleteAccessGrantsInstanceRequest,
  DeleteAccessGrantsInstanceResourcePolicyRequest,
  GetAccessGrantsInstanceForPrefixRequest,
  GetAccessGrantsInstanceForPrefixResult,
  GetAccessGrantsInstanceRequest,
  GetAccessGrantsInstanceResourcePolicyRequest,
  GetAccessGrantsInstanceResourcePolicyResult,
  GetAccessGrantsInstanceResult,
  ListAccessGrantsInstancesRequest,
  ListAccessGrantsInstancesResult,
  PutAccessGrantsInstanceResourcePolicyRequest,
  PutAccessGrantsInstanceResourcePolicyResult,
} from '@aws-sdk/client-s3-control';
import { notImplemented } from '../../core/errors.ts';
import type { Operation, Present } from '../../core/operation.ts';
import { requestTags } from '../../core/tags.ts';
import { bindPrincipals, InvalidPrincipal, showPrincipals } from '../../identity/principalBinding.ts';
import { parsePolicy, validatePolicy } from '../../policy/index.ts';
import { requireOwnAccount } from './accounts.ts';
import { bucketNamed } from './bucketFacts.ts';
import { grantError } from './grantErrors.ts';
import {
  type GrantsInstance,
  grantPages,
  grantsInstances,
  grantsLocations,
  type InstanceAsked,
  instanceArn,
  loadInstance,
  ofInstance,
  ofOwnInstance,
  onInstance,
  placeOf,
} from './grantRows.ts';
import { scopeIn } from './grantScopes.ts';
import { associationAccess, newAssociation } from './identityCenters.ts';
import { pageAsked } from './pages.ts';
import { requireTags, withTagging } from './tagRules.ts';

const described = (instance: GrantsInstance) => ({
  CreatedAt: new Date(instance.created),
  AccessGrantsInstanceId: 'default',
  AccessGrantsInstanceArn: instanceArn(instance),
  ...(instance.identityCenter && {
    // Deprecated; it has always been the application.
    IdentityCenterArn: instance.identityCenter.application,
    IdentityCenterInstanceArn: instance.identityCenter.instance,
    IdentityCenterApplicationArn: instance.identityCenter.application,
  }),
});

export const CreateAccessGrantsInstance: Operation<
  Present<CreateAccessGrantsInstanceRequest> & InstanceAsked,
  CreateAccessGrantsInstanceResult
> = {
  access(input, ctx) {
    requireOwnAccount(ctx, input.AccountId);
    const { IdentityCenterArn: arn } = input;
    return [
      ...withTagging({ resource: instanceArn(ctx), conditions: requestTags(input.Tags) }, input.Tags),
      ...(arn === undefined ? [] : [{ action: 'sso:DescribeInstance', resource: arn }, ...associationAccess(ctx, arn)]),
    ];
  },
  async run(input, ctx) {
    const { account, region, now } = ctx;
    const { IdentityCenterArn: arn } = input;
    const instance: GrantsInstance = {
      account,
      region,
      created: now.toISOString(),
      tags: requireTags(input.Tags),
      ...(arn !== undefined && { identityCenter: await newAssociation(ctx, arn) }),
    };
    if (!(await ctx.store.insert(grantsInstances, instance))) throw grantError('AccessGrantsInstanceAlreadyExists');
    return described(instance);
  },
};

export const GetAccessGrantsInstance: Operation<
  Present<GetAccessGrantsInstanceRequest> & InstanceAsked,
  GetAccessGrantsInstanceResult,
  GrantsInstance
> = {
  ...ofInstance,
  run: async (_input, _ctx, instance) => described(instance),
};

export const DeleteAccessGrantsInstance: Operation<
  Present<DeleteAccessGrantsInstanceRequest> & InstanceAsked,
  object,
  GrantsInstance
> = {
  ...ofOwnInstance,
  async run(_input, ctx, instance) {
    const { rows } = await ctx.store.list(grantsLocations, [placeOf(instance)], { limit: 1 });
    if (rows.length > 0 || instance.identityCenter) throw grantError('AccessGrantsInstanceNotEmptyError');
    await ctx.store.remove(grantsInstances, [instance.account, instance.region]);
    return {};
  },
};

export const ListAccessGrantsInstances: Operation<
  Present<ListAccessGrantsInstancesRequest> & InstanceAsked,
  ListAccessGrantsInstancesResult
> = {
  access(input, ctx) {
    requireOwnAccount(ctx, input.AccountId);
    return { resource: '*' };
  },
  async run(input, ctx) {
    const isHere = ({ region }: GrantsInstance) => region === ctx.region;
    const { rows, page } = await grantPages.rows(ctx, grantsInstances, [ctx.account], pageAsked(input), {
      keep: isHere,
    });
    return { ...page, AccessGrantsInstancesList: rows.map(described) };
  },
};

/** Which instance is to be asked for a bucket: that of its owner, in its Region. */
export const GetAccessGrantsInstanceForPrefix: Operation<
  Present<GetAccessGrantsInstanceForPrefixRequest> & InstanceAsked,
  GetAccessGrantsInstanceForPrefixResult,
  GrantsInstance
> = {
  async load(input, ctx) {
    const bucket = await bucketNamed(ctx, scopeIn(input.S3Prefix)?.bucket ?? '');
    const here = bucket && bucket.region === ctx.region ? bucket.account : input.AccountId;
    return loadInstance({ AccountId: here }, ctx);
  },
  access: (_input, _ctx, instance) => onInstance(instance),
  run: async (_input, _ctx, instance) => ({
    AccessGrantsInstanceArn: instanceArn(instance),
    AccessGrantsInstanceId: 'default',
  }),
};

export const PutAccessGrantsInstanceResourcePolicy: Operation<
  Present<PutAccessGrantsInstanceResourcePolicyRequest> & InstanceAsked,
  PutAccessGrantsInstanceResourcePolicyResult,
  GrantsInstance
> = {
  ...ofOwnInstance,
  async run(input, ctx, instance) {
    if (input.Organization !== undefined) notImplemented('A resource policy for an organization');
    const { Policy: text } = input;
    if (validatePolicy(text, 'resource') !== undefined || !isOf(text, instanceArn(instance))) {
      throw grantError('InvalidResourcePolicy');
    }
    const policy = await bindPrincipals(ctx.store, text);
    if (policy instanceof InvalidPrincipal) throw grantError('InvalidResourcePolicy');
    const policySet = ctx.now.toISOString();
    await ctx.store.replace(grantsInstances, { ...instance, policy, policySet });
    return { Policy: text, CreatedAt: ctx.now };
  },
};

/** All that it is about is this instance. */
const isOf = (text: string, arn: string) =>
  parsePolicy(text).statements.every(({ resource }) => resource?.every((each) => each === arn));

function policyOf({ policy, policySet }: GrantsInstance) {
  if (policy === undefined) throw grantError('AccessGrantsInstanceResourcePolicyNotExists');
  return { policy, set: new Date(policySet!) };
}

export const GetAccessGrantsInstanceResourcePolicy: Operation<
  Present<GetAccessGrantsInstanceResourcePolicyRequest> & InstanceAsked,
  GetAccessGrantsInstanceResourcePolicyResult,
  GrantsInstance
> = {
  ...ofOwnInstance,
  async run(_input, ctx, instance) {
    const { policy, set } = policyOf(instance);
    return { Policy: await showPrincipals(ctx.store, policy), CreatedAt: set };
  },
};

export const DeleteAccessGrantsInstanceResourcePolicy: Operation<
  Present<DeleteAccessGrantsInstanceResourcePolicyRequest> & InstanceAsked,
  object,
  GrantsInstance
> = {
  ...ofOwnInstance,
  async run(_input, ctx, instance) {
    policyOf(instance);
    const { policy: _, policySet: __, ...rest } = instance;
    await ctx.store.replace(grantsInstances, rest);
    return {};
  },
};
