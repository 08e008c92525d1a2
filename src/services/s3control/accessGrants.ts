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
import type { Context } from '../../core/context.ts';
import { uuid } from '../../core/ids.ts';
import { Missing, type Operation, type Present } from '../../core/operation.ts';
import { quota } from '../../core/quotas.ts';
import { requestTags } from '../../core/tags.ts';
import type { Instance } from '../../identity/instances.ts';
import { requireOwnAccount } from './accounts.ts';
import { grantError, quotaExceeded } from './grantErrors.ts';
import { granteeAccess, granteesOf, granteeView, isThrough, requireGrantee } from './grantees.ts';
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
  ofInstance,
  placeOf,
} from './grantRows.ts';
import { isWithin, narrowed } from './grantScopes.ts';
import { directoryOf } from './identityCenters.ts';
import { pageAsked } from './pages.ts';
import { requireTags, withTagging } from './tagRules.ts';

const GRANTS_MAX = 100_000;

const configurationOf = ({ subPrefix }: AccessGrant) =>
  subPrefix === undefined ? {} : { AccessGrantsLocationConfiguration: { S3SubPrefix: subPrefix } };

const described = (grant: AccessGrant) => ({
  CreatedAt: new Date(grant.created),
  AccessGrantId: grant.id,
  AccessGrantArn: grantArn(grant),
  Grantee: granteeView(grant),
  AccessGrantsLocationId: grant.location,
  ...configurationOf(grant),
  Permission: grant.permission,
  ...(grant.application !== undefined && { ApplicationArn: grant.application }),
  GrantScope: grant.scope,
});

type Input = Present<CreateAccessGrantRequest> & InstanceAsked;

interface Granting {
  readonly instance: GrantsInstance;
  readonly location: GrantsLocation;
  readonly directory: Instance | undefined;
}

export const CreateAccessGrant: Operation<Input, CreateAccessGrantResult, Granting> = {
  async load(input, ctx) {
    requireOwnAccount(ctx, input.AccountId);
    const instance = await loadInstance(input, ctx);
    if (instance instanceof Missing) return instance;
    const location = await ctx.store.get(grantsLocations, [placeOf(ctx), input.AccessGrantsLocationId]);
    if (location) return { instance, location, directory: await directoryOf(ctx, instance) };
    return new Missing(`${instanceArn(ctx)}/grant/*`, grantError('NoSuchAccessGrantsLocationError'));
  },
  access: (input, ctx, { instance, location, directory }) => [
    ...withTagging(
      {
        resource: `${instanceArn(ctx)}/grant/*`,
        conditions: { 's3:AccessGrantScope': scopeOf(input, location), ...requestTags(input.Tags) },
      },
      input.Tags,
    ),
    ...granteeAccess(ctx, input, instance.identityCenter, directory),
  ],
  async run(input, ctx, { location, directory }) {
    const scope = scopeOf(input, location);
    if (scope === undefined) throw grantError('InvalidAccessGrant');
    const to = await requireGrantee(ctx, input, directory);
    if (!['READ', 'WRITE', 'READWRITE'].includes(input.Permission)) throw grantError('InvalidAccessGrant');
    const place = placeOf(ctx);
    const { rows } = await ctx.store.list(accessGrants, [place, to.grantee], { index: 'grantee', limit: GRANTS_MAX });
    const isSame = (grant: AccessGrant) =>
      grant.scope === scope && grant.permission === input.Permission && grant.application === to.application;
    if (rows.some(isSame)) throw grantError('AccessGrantAlreadyExists');
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
      ...to,
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
  ...ofInstance,
  async run(input, ctx, instance) {
    const { GranteeType, GranteeIdentifier: grantee, Permission, GrantScope, ApplicationArn } = input;
    const keep = (grant: AccessGrant) =>
      (GranteeType === undefined || (grant.granteeType ?? 'IAM') === GranteeType) &&
      (ApplicationArn === undefined || grant.application === ApplicationArn) &&
      (grantee === undefined || grant.grantee === grantee) &&
      (Permission === undefined || grant.permission === Permission) &&
      (GrantScope === undefined || grant.scope === GrantScope);
    const place = placeOf(instance);
    const [prefix, index] = grantee === undefined ? [[place], undefined] : [[place, grantee], 'grantee'];
    const { rows, page } = await grantPages.rows(ctx, accessGrants, prefix, pageAsked(input), { index, keep });
    return { ...page, AccessGrantsList: rows.map(described) };
  },
};

export const ListCallerAccessGrants: Operation<
  Present<ListCallerAccessGrantsRequest> & InstanceAsked,
  ListCallerAccessGrantsResult,
  GrantsInstance
> = {
  ...ofInstance,
  async run(input, ctx, instance) {
    const { GrantScope: scope, AllowedByApplication: byApplication } = input;
    const caller = await granteesOf(ctx, instance);
    const keep = (grant: AccessGrant) =>
      (scope === undefined || isWithin(grant.scope, scope) || isWithin(scope, grant.scope)) &&
      (!byApplication || (isThrough(grant, caller) && applicationOf(grant) !== 'NA'));
    const { rows, page } = await grantsPage(ctx, instance, caller.grantees, pageAsked(input), keep);
    return {
      ...page,
      CallerAccessGrantsList: rows.map((grant) => ({
        Permission: grant.permission,
        GrantScope: grant.scope,
        ApplicationArn: applicationOf(grant),
      })),
    };
  },
};

/** As ListCallerAccessGrants tells it: grants to users and roles are about no application. */
const applicationOf = ({ application, granteeType }: AccessGrant) =>
  application ?? (granteeType === undefined ? 'NA' : 'ALL');

/** Of the grants of several grantees, in the order of these. A token says whose are next, and where in them. */
async function grantsPage(
  ctx: Context,
  instance: GrantsInstance,
  grantees: readonly string[],
  input: { readonly MaxResults?: number | undefined; readonly NextToken?: string | undefined },
  keep: (grant: AccessGrant) => boolean,
) {
  const [from = '', within] = grantPages.cursorIn(input)?.split(' ') ?? [];
  const rows: AccessGrant[] = [];
  for (const grantee of grantees.filter((each) => each >= from)) {
    const MaxResults = grantPages.sizeOf(input) - rows.length;
    if (MaxResults === 0) return { rows, page: grantPages.end(`${grantee} `) };
    const asked = { MaxResults, ...(grantee === from && within && { NextToken: within }) };
    const found = await grantPages.rows(ctx, accessGrants, [placeOf(instance), grantee], asked, {
      index: 'grantee',
      keep,
    });
    rows.push(...found.rows);
    const { NextToken } = found.page as { NextToken?: string };
    if (NextToken !== undefined) return { rows, page: grantPages.end(`${grantee} ${NextToken}`) };
  }
  return { rows, page: grantPages.end(undefined) };
}
