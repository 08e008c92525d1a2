/** Locations of S3 Access Grants: what of S3 a role reaches, of which grants give parts. */
import type {
  CreateAccessGrantsLocationRequest,
  CreateAccessGrantsLocationResult,
  DeleteAccessGrantsLocationRequest,
  GetAccessGrantsLocationRequest,
  GetAccessGrantsLocationResult,
  ListAccessGrantsLocationsRequest,
  ListAccessGrantsLocationsResult,
  UpdateAccessGrantsLocationRequest,
  UpdateAccessGrantsLocationResult,
} from '@aws-sdk/client-s3-control';
import type { Context } from '../../core/context.ts';
import { uuid } from '../../core/ids.ts';
import { Missing, type Operation, type Present } from '../../core/operation.ts';
import { quota } from '../../core/quotas.ts';
import { requestTags } from '../../core/tags.ts';
import { passRole } from '../../identity/passRole.ts';
import { byName, roleArn, roles } from '../../identity/principals.ts';
import { requireOwnAccount } from './accounts.ts';
import { bucketNamed } from './bucketFacts.ts';
import { grantError, quotaExceeded } from './grantErrors.ts';
import {
  accessGrants,
  type GrantsInstance,
  type GrantsLocation,
  grantPages,
  grantsLocations,
  type InstanceAsked,
  instanceArn,
  loadInstance,
  locationArn,
  ofInstance,
  placeOf,
} from './grantRows.ts';
import { scopeIn } from './grantScopes.ts';
import { pageAsked } from './pages.ts';
import { requireTags, withTagging } from './tagRules.ts';

export const GRANTS_SERVICE = 'access-grants.s3.amazonaws.com';
const LOCATIONS_MAX = 1000;

interface LocationAsked extends InstanceAsked {
  readonly AccessGrantsLocationId: string;
}

const described = (location: GrantsLocation) => ({
  CreatedAt: new Date(location.created),
  AccessGrantsLocationId: location.id,
  AccessGrantsLocationArn: locationArn(location),
  LocationScope: location.scope,
  IAMRoleArn: location.role,
});

/** For operations' `load`. */
async function loadLocation(input: LocationAsked, ctx: Context): Promise<GrantsLocation | Missing> {
  requireOwnAccount(ctx, input.AccountId);
  const instance = await loadInstance(input, ctx);
  if (instance instanceof Missing) return instance;
  const found = await ctx.store.get(grantsLocations, [placeOf(ctx), input.AccessGrantsLocationId]);
  const arn = `${instanceArn(ctx)}/location/${input.AccessGrantsLocationId}`;
  return found ?? new Missing(arn, grantError('NoSuchAccessGrantsLocationError'));
}

const onLocation = (location: GrantsLocation) => ({
  resource: locationArn(location),
  resourceTags: location.tags,
  conditions: { 's3:AccessGrantsLocationScope': location.scope },
});

export const CreateAccessGrantsLocation: Operation<
  Present<CreateAccessGrantsLocationRequest> & InstanceAsked,
  CreateAccessGrantsLocationResult,
  GrantsInstance
> = {
  async load(input, ctx) {
    requireOwnAccount(ctx, input.AccountId);
    return loadInstance(input, ctx);
  },
  access: (input, ctx) => [
    ...withTagging(
      {
        resource: `${instanceArn(ctx)}/location/*`,
        conditions: { 's3:AccessGrantsLocationScope': input.LocationScope, ...requestTags(input.Tags) },
      },
      input.Tags,
    ),
    passRole(input.IAMRoleArn, GRANTS_SERVICE),
  ],
  async run(input, ctx) {
    const { LocationScope: scope, IAMRoleArn: role } = input;
    await requireScope(ctx, scope);
    await requireRole(ctx, role);
    const place = placeOf(ctx);
    const { rows } = await ctx.store.list(grantsLocations, [place, scope], { index: 'scope', limit: 1 });
    if (rows.length > 0) throw grantError('AccessGrantsLocationAlreadyExistsError');
    const max = quota(ctx, 'AccessGrantsLocationsQuota', LOCATIONS_MAX);
    if (!(await ctx.store.fits(grantsLocations, [place], max))) throw quotaExceeded('location', max);
    const { account, region, now } = ctx;
    const id = scope === 's3://' ? 'default' : uuid(ctx);
    const tags = requireTags(input.Tags);
    const location: GrantsLocation = { account, region, id, scope, role, created: now.toISOString(), tags };
    await ctx.store.insert(grantsLocations, location);
    return described(location);
  },
};

/** All of S3, a bucket of the account in the Region, or what begins so in one. */
async function requireScope(ctx: Context, scope: string): Promise<void> {
  const within = scopeIn(scope);
  if (!within) throw grantError('InvalidAccessGrantsLocation');
  if (within.bucket === '') return;
  const bucket = await bucketNamed(ctx, within.bucket);
  if (bucket?.account !== ctx.account || bucket.region !== ctx.region) throw grantError('InvalidAccessGrantsLocation');
}

async function requireRole(ctx: Context, arn: string): Promise<void> {
  const [, account, name] = /^arn:aws:iam::(\d{12}):role\/(?:.*\/)?([^/]+)$/.exec(arn) ?? [];
  const role = account === ctx.account ? await ctx.store.get(roles, byName(account, name!)) : undefined;
  if (!role || roleArn(role) !== arn) throw grantError('InvalidIamRole');
}

export const GetAccessGrantsLocation: Operation<
  Present<GetAccessGrantsLocationRequest> & LocationAsked,
  GetAccessGrantsLocationResult,
  GrantsLocation
> = {
  load: loadLocation,
  access: (_input, _ctx, location) => onLocation(location),
  run: async (_input, _ctx, location) => described(location),
};

export const UpdateAccessGrantsLocation: Operation<
  Present<UpdateAccessGrantsLocationRequest> & LocationAsked,
  UpdateAccessGrantsLocationResult,
  GrantsLocation
> = {
  load: loadLocation,
  access: (input, _ctx, location) => [onLocation(location), passRole(input.IAMRoleArn, GRANTS_SERVICE)],
  async run({ IAMRoleArn: role }, ctx, location) {
    await requireRole(ctx, role);
    await ctx.store.replace(grantsLocations, { ...location, role });
    return described({ ...location, role });
  },
};

export const DeleteAccessGrantsLocation: Operation<
  Present<DeleteAccessGrantsLocationRequest> & LocationAsked,
  object,
  GrantsLocation
> = {
  load: loadLocation,
  access: (_input, _ctx, location) => onLocation(location),
  async run(_input, ctx, { id }) {
    const { rows } = await ctx.store.list(accessGrants, [placeOf(ctx), id], { index: 'location', limit: 1 });
    if (rows.length > 0) throw grantError('AccessGrantsLocationNotEmptyError');
    await ctx.store.remove(grantsLocations, [placeOf(ctx), id]);
    return {};
  },
};

export const ListAccessGrantsLocations: Operation<
  Present<ListAccessGrantsLocationsRequest> & InstanceAsked,
  ListAccessGrantsLocationsResult,
  GrantsInstance
> = {
  ...ofInstance,
  async run(input, ctx, instance) {
    const { LocationScope: scope } = input;
    const keep = scope === undefined ? undefined : (location: GrantsLocation) => location.scope === scope;
    const asked = pageAsked(input);
    const { rows, page } = await grantPages.rows(ctx, grantsLocations, [placeOf(instance)], asked, { keep });
    return { ...page, AccessGrantsLocationsList: rows.map(described) };
  },
};
