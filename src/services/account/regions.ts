/** Opting in to Regions, and out of them. */
import {
  ConflictException,
  type DisableRegionRequest,
  type EnableRegionRequest,
  type GetRegionOptStatusRequest,
  type GetRegionOptStatusResponse,
  type ListRegionsRequest,
  type ListRegionsResponse,
  TooManyRequestsException,
} from '@aws-sdk/client-account';
import type { Context } from '../../core/context.ts';
import { fail } from '../../core/errors.ts';
import type { Present } from '../../core/operation.ts';
import { cursorOf, tokenOf } from '../../core/page.ts';
import { type Account, accounts } from '../../identity/organization.ts';
import { defaultRegions, optInRegions, type RegionStatus, regionStatus } from '../../identity/regions.ts';
import { invalid } from './errors.ts';
import { operation } from './subjects.ts';

const UNDERWAY_MAX = 6;
const REGIONS = [...defaultRegions, ...optInRegions].sort();

export const EnableRegion = operation<Present<EnableRegionRequest>, object>({
  name: 'EnableRegion',
  conditions: regionCondition,
  async run({ RegionName }, ctx, account) {
    await change(ctx, account, RegionName, true);
    return {};
  },
});

export const DisableRegion = operation<Present<DisableRegionRequest>, object>({
  name: 'DisableRegion',
  conditions: regionCondition,
  async run({ RegionName }, ctx, account) {
    await change(ctx, account, RegionName, false);
    return {};
  },
});

export const GetRegionOptStatus = operation<Present<GetRegionOptStatusRequest>, GetRegionOptStatusResponse>({
  name: 'GetRegionOptStatus',
  conditions: regionCondition,
  run: async ({ RegionName }, ctx, account) => ({
    RegionName,
    RegionOptStatus: regionStatus(account, RegionName, ctx.now) ?? noSuchRegion(RegionName),
  }),
});

export const ListRegions = operation<ListRegionsRequest, ListRegionsResponse>({
  name: 'ListRegions',
  async run({ NextToken, MaxResults = 50, RegionOptStatusContains = [] }, ctx, account) {
    const after = NextToken === undefined ? '' : (cursorOf(NextToken) ?? invalidToken());
    const wanted = (status: RegionStatus | undefined) =>
      RegionOptStatusContains.length === 0 || RegionOptStatusContains.some((each) => each === status);
    const regions = REGIONS.filter((name) => name > after)
      .map((name) => ({ RegionName: name, RegionOptStatus: regionStatus(account, name, ctx.now) }))
      .filter((region) => wanted(region.RegionOptStatus));
    const page = regions.slice(0, MaxResults);
    const last = page.at(-1)?.RegionName;
    return { Regions: page, ...(regions.length > page.length && last && { NextToken: tokenOf(last) }) };
  },
});

/** Asking for what is so already changes nothing. */
async function change(ctx: Context, account: Account, region: string, enabled: boolean): Promise<void> {
  const status = regionStatus(account, region, ctx.now) ?? noSuchRegion(region);
  if (status === 'ENABLED_BY_DEFAULT') {
    invalidField('RegionName', `Region ${region} is enabled by default and cannot be enabled or disabled.`);
  }
  if (status === (enabled ? 'DISABLING' : 'ENABLING')) {
    fail(ConflictException, `The Region ${region} is in ${status} status. Try again when it is complete.`);
  }
  if (status.startsWith(enabled ? 'ENABL' : 'DISABL')) return;
  if (underway(account, ctx.now) >= UNDERWAY_MAX) {
    fail(TooManyRequestsException, `You can have at most ${UNDERWAY_MAX} region-opt requests in progress.`);
  }
  const request = { enabled, requested: ctx.now.toISOString() };
  await ctx.store.replace(accounts, { ...account, regions: { ...account.regions, [region]: request } });
}

const underway = (account: Account, now: Date) =>
  Object.keys(account.regions ?? {}).filter((region) => regionStatus(account, region, now)?.endsWith('ING')).length;

const noSuchRegion = (region: string) => invalidField('RegionName', `The Region ${region} does not exist.`);

const invalidToken = () => invalid('NextToken', 'The NextToken is invalid.');

const invalidField = (name: string, message: string) => invalid(name, message, 'invalidRegionOptTarget');

function regionCondition(input: { readonly RegionName?: string | undefined }) {
  return { 'account:TargetRegion': input.RegionName };
}
