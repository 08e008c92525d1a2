/**
 * Regions that an organization's instance is replicated to. The data lies under a multi-Region key, whose replica in a
 * Region must be usable there before the Region is added.
 * https://docs.aws.amazon.com/singlesignon/latest/userguide/multi-region-iam-identity-center.html
 */
import type {
  AddRegionRequest,
  AddRegionResponse,
  DescribeRegionRequest,
  DescribeRegionResponse,
  ListRegionsRequest,
  ListRegionsResponse,
  RemoveRegionRequest,
  RemoveRegionResponse,
} from '@aws-sdk/client-sso-admin';
import type { Context } from '../../core/context.ts';
import type { Operation, Present } from '../../core/operation.ts';
import { type EnabledRegion, regionsOf } from '../../identity/instanceRegions.ts';
import { type Instance, instances } from '../../identity/instances.ts';
import { accounts } from '../../identity/organization.ts';
import { regionStatus } from '../../identity/regions.ts';
import { onDirectory, onInstance } from './access.ts';
import { requireUsable } from './customerKeys.ts';
import { failConflict, failInvalid, notFound } from './errors.ts';
import { itemsPage } from './pages.ts';

type OnInstance<In, Out> = Operation<In, Out, Instance>;

/** The directory gets the Region too. */
const withDirectory = (operation: 'AddRegion' | 'RemoveRegion') => ({
  ...onInstance,
  access: (input: unknown, ctx: Context, instance: Instance) => [
    onInstance.access(input, ctx, instance),
    onDirectory(ctx, instance, operation),
  ],
});

export const AddRegion: OnInstance<Present<AddRegionRequest>, AddRegionResponse> = {
  ...withDirectory('AddRegion'),
  async run({ RegionName: name }, ctx, instance) {
    if (instance.organization === undefined) {
      failInvalid('The operation is not supported for account instances of IAM Identity Center.');
    }
    await requireRegion(ctx, instance, name);
    const known = regionsOf(instance, ctx.now);
    if (known.some((region) => region.name === name))
      failConflict(`Region ${name} is enabled for the instance already.`);
    requireRest(known);
    await requireReplica(ctx, instance, name);
    // Those that were removed are forgotten now.
    const others = Object.entries(instance.regions ?? {}).filter(([other]) => known.some((row) => row.name === other));
    const regions = { ...Object.fromEntries(others), [name]: { added: ctx.now.toISOString() } };
    await ctx.store.replace(instances, { ...instance, regions });
    return { Status: 'ADDING' };
  },
};

async function requireRegion(ctx: Context, { account }: Instance, name: string): Promise<void> {
  const row = await ctx.store.get(accounts, [account]);
  const status = row && regionStatus(row, name, ctx.now);
  if (status !== 'ENABLED' && status !== 'ENABLED_BY_DEFAULT') {
    failInvalid(`Region ${name} is not supported, or not enabled for the account.`);
  }
}

/** One Region comes or goes at a time. */
function requireRest(regions: readonly EnabledRegion[]): void {
  const busy = regions.find(({ status }) => status !== 'ACTIVE');
  if (busy) failConflict(`Region ${busy.name} is being ${busy.status === 'ADDING' ? 'added' : 'removed'}.`);
}

async function requireReplica(ctx: Context, instance: Instance, name: string): Promise<void> {
  const { encryption } = instance;
  if (encryption?.status !== 'ENABLED' || !encryption.keyArn.includes(':key/mrk-')) {
    return failInvalid('The instance must be encrypted under a multi-Region customer managed key.');
  }
  await requireUsable(ctx, instance, encryption, name);
}

export const RemoveRegion: OnInstance<Present<RemoveRegionRequest>, RemoveRegionResponse> = {
  ...withDirectory('RemoveRegion'),
  async run({ RegionName: name }, ctx, instance) {
    if (name === instance.region) failInvalid('The primary Region cannot be removed.');
    const known = regionsOf(instance, ctx.now);
    if (!known.some((region) => region.name === name)) throw notEnabled(name);
    requireRest(known);
    const removing = { ...instance.regions![name]!, removing: ctx.now.toISOString() };
    await ctx.store.replace(instances, { ...instance, regions: { ...instance.regions, [name]: removing } });
    return { Status: 'REMOVING' };
  },
};

const notEnabled = (name: string) => notFound(`Region ${name} is not enabled for the instance.`);

export const ListRegions: OnInstance<Present<ListRegionsRequest>, ListRegionsResponse> = {
  ...onInstance,
  async run(input, ctx, instance) {
    const { items, page } = itemsPage(regionsOf(instance, ctx.now), input);
    return { Regions: items.map(regionView), ...page };
  },
};

export const DescribeRegion: OnInstance<Present<DescribeRegionRequest>, DescribeRegionResponse> = {
  ...onInstance,
  async run({ RegionName }, ctx, instance) {
    const region = regionsOf(instance, ctx.now).find(({ name }) => name === RegionName);
    if (!region) throw notEnabled(RegionName);
    return regionView(region);
  },
};

export const regionView = ({ name, status, added, isPrimary }: EnabledRegion) => ({
  RegionName: name,
  Status: status,
  AddedDate: new Date(added),
  IsPrimaryRegion: isPrimary,
});
