/** Grants: to whom what of a location is open. https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-grants-grant.html */
import type {
  CreateAccessGrantRequest,
  CreateAccessGrantResult,
  DeleteAccessGrantRequest,
  GetAccessGrantRequest,
  GetAccessGrantResult,
  ListAccessGrantsRequest,
  ListAccessGrantsResult,
  ListCallerAccessGrantsRequest,
  ListCallerAccessGrantsResult,
} from '@aws-sdk/client-s3-control';
import type { Caller, Context } from '../../core/context.ts';
import { notImplemented } from '../../core/errors.ts';
import { uuid } from '../../core/ids.ts';
import { Missing, type Operation, type Present } from '../../core/operation.ts';
import { quota } from '../../core/quotas.ts';
import { requestTags } from '../../core/tags.ts';
import { requireOwnAccount } from './accounts.ts';
import { grantError, quotaExceeded } from './grantErrors.ts';
import {
  type AccessGrant,
  accessGrants,
  type GrantsInstance,
  type GrantsLocation,
  grantArn,
  grantPages,
  grantsLocations,
  type InstanceAsked,
  instanceArn,
  loadInstance,
  onInstance,
  pageAsked,
  placeOf,
} from './grantRows.ts';
import { isWithin, narrowed } from './grantScopes.ts';
import { requireTags } from './tagRules.ts';

const GRANTS_MAX = 100_000;

const configurationOf = ({ subPrefix }: AccessGrant) =>
  subPrefix === undefined ? {} : { AccessGrantsLocationConfiguration: { S3SubPrefix: subPrefix } };

const described = (grant: AccessGrant) => ({
  CreatedAt: new Date(grant.created),
  AccessGrantId: grant.id,
  AccessGrantArn: grantArn(grant),
  Grantee: { GranteeType: 'IAM' as const, GranteeIdentifier: grant.grantee },
  AccessGrantsLocationId: grant.location,
  ...configurationOf(grant),
  Permission: grant.permission,
  GrantScope: grant.scope,
});

type Input = Present<CreateAccessGrantRequest> & InstanceAsked;

export const CreateAccessGrant: Operation<Input, CreateAccessGrantResult, GrantsLocation> = {
  async load(input, ctx) {
    requireOwnAccount(ctx, input.AccountId);
    const instance = await loadInstance(input, ctx);
    if (instance instanceof Missing) return instance;
    const found = await ctx.store.get(grantsLocations, [placeOf(ctx), input.AccessGrantsLocationId]);
    return found ?? new Missing(`${instanceArn(ctx)}/grant/*`, grantError('NoSuchAccessGrantsLocationError'));
  },
  access: (input, ctx, location) => ({
    resource: `${instanceArn(ctx)}/grant/*`,
    conditions: { 's3:AccessGrantScope': scopeOf(input, location), ...requestTags(input.Tags) },
  }),
  async run(input, ctx, location) {
    const scope = scopeOf(input, location);
    if (scope === undefined) throw grantError('InvalidAccessGrant');
    const { GranteeType, GranteeIdentifier: grantee = '' } = input.Grantee;
    if (GranteeType !== 'IAM') notImplemented('A grant to an identity of a directory');
    if (input.ApplicationArn !== undefined) notImplemented('A grant through an application');
    if (!/^arn:aws:iam::\d{12}:(?:user|role)\/.+$/.test(grantee)) throw grantError('InvalidAccessGrant');
    if (!['READ', 'WRITE', 'READWRITE'].includes(input.Permission)) throw grantError('InvalidAccessGrant');
    const place = placeOf(ctx);
    const { rows } = await ctx.store.list(accessGrants, [place, grantee], { index: 'grantee', limit: GRANTS_MAX });
    if (rows.some((grant) => grant.scope === scope && grant.permission === input.Permission)) {
      throw grantError('AccessGrantAlreadyExists');
    }
    const max = quota(ctx, 'AccessGrantsQuota', GRANTS_MAX);
    if (!(await ctx.store.fits(accessGrants, [place], max))) throw quotaExceeded('grant', max);
    const subPrefix = input.AccessGrantsLocationConfiguration?.S3SubPrefix;
    const grant: AccessGrant = {
      account: ctx.account,
      region: ctx.region,
      id: uuid(ctx),
      location: location.id,
      ...(subPrefix !== undefined && { subPrefix }),
      scope,
      grantee,
      permission: input.Permission,
      created: ctx.now.toISOString(),
      tags: requireTags(input.Tags),
    };
    await ctx.store.insert(accessGrants, grant);
    return described(grant);
  },
};

const scopeOf = (input: Input, { scope }: GrantsLocation) =>
  narrowed(scope, input.AccessGrantsLocationConfiguration?.S3SubPrefix, input.S3PrefixType === 'Object');

interface GrantAsked extends InstanceAsked {
  readonly AccessGrantId: string;
}

/** For operations' `load`. */
async function loadGrant(input: GrantAsked, ctx: Context): Promise<AccessGrant | Missing> {
  requireOwnAccount(ctx, input.AccountId);
  const instance = await loadInstance(input, ctx);
  if (instance instanceof Missing) return instance;
  const found = await ctx.store.get(accessGrants, [placeOf(ctx), input.AccessGrantId]);
  return found ?? new Missing(`${instanceArn(ctx)}/grant/${input.AccessGrantId}`, grantError('NoSuchAccessGrantError'));
}

const onGrant = (grant: AccessGrant) => ({
  resource: grantArn(grant),
  resourceTags: grant.tags,
  conditions: { 's3:AccessGrantScope': grant.scope },
});

export const GetAccessGrant: Operation<Present<GetAccessGrantRequest> & GrantAsked, GetAccessGrantResult, AccessGrant> =
  {
    load: loadGrant,
    access: (_input, _ctx, grant) => onGrant(grant),
    run: async (_input, _ctx, grant) => described(grant),
  };

export const DeleteAccessGrant: Operation<Present<DeleteAccessGrantRequest> & GrantAsked, object, AccessGrant> = {
  load: loadGrant,
  access: (_input, _ctx, grant) => onGrant(grant),
  async run(_input, ctx, { id }) {
    await ctx.store.remove(accessGrants, [placeOf(ctx), id]);
    return {};
  },
};

export const ListAccessGrants: Operation<
  Present<ListAccessGrantsRequest> & InstanceAsked,
  ListAccessGrantsResult,
  GrantsInstance
> = {
  load: loadInstance,
  access: (_input, _ctx, instance) => onInstance(instance),
  async run(input, ctx, instance) {
    const { GranteeType, GranteeIdentifier: grantee, Permission, GrantScope, ApplicationArn } = input;
    const keep = (grant: AccessGrant) =>
      (GranteeType === undefined || GranteeType === 'IAM') &&
      ApplicationArn === undefined &&
      (grantee === undefined || grant.grantee === grantee) &&
      (Permission === undefined || grant.permission === Permission) &&
      (GrantScope === undefined || grant.scope === GrantScope);
    const place = placeOf(instance);
    const [prefix, index] = grantee === undefined ? [[place], undefined] : [[place, grantee], 'grantee'];
    const { rows, page } = await grantPages.rows(ctx, accessGrants, prefix, pageAsked(input), { index, keep });
    return { ...page, AccessGrantsList: rows.map(described) };
  },
};

/** As grants name whoever calls: a user, or the role of a session. */
export const granteeOf = ({ arn, session }: Caller): string =>
  session?.kind === 'AssumedRole' ? session.principalArn : arn;

export const ListCallerAccessGrants: Operation<
  Present<ListCallerAccessGrantsRequest> & InstanceAsked,
  ListCallerAccessGrantsResult,
  GrantsInstance
> = {
  load: loadInstance,
  access: (_input, _ctx, instance) => onInstance(instance),
  async run(input, ctx, instance) {
    const { GrantScope: scope } = input;
    const keep = (grant: AccessGrant) =>
      scope === undefined || isWithin(grant.scope, scope) || isWithin(scope, grant.scope);
    const prefix = [placeOf(instance), granteeOf(ctx.caller)];
    const listing = { index: 'grantee', keep };
    const { rows, page } = await grantPages.rows(ctx, accessGrants, prefix, pageAsked(input), listing);
    return {
      ...page,
      CallerAccessGrantsList: rows.map((grant) => ({ Permission: grant.permission, GrantScope: grant.scope })),
    };
  },
};
