/**
 * AWS Regions and which of them an account may use. Those before March 2019 are always on; the others are off until the
 * account opts in, which takes a moment either way
 * (https://docs.aws.amazon.com/accounts/latest/reference/manage-acct-regions.html).
 */
import type { Account } from './organization.ts';

export const defaultRegions: ReadonlySet<string> = new Set([
  ...['ap-northeast-1', 'ap-northeast-2', 'ap-northeast-3', 'ap-south-1', 'ap-southeast-1', 'ap-southeast-2'],
  ...['ca-central-1', 'eu-central-1', 'eu-north-1', 'eu-west-1', 'eu-west-2', 'eu-west-3', 'sa-east-1'],
  ...['us-east-1', 'us-east-2', 'us-west-1', 'us-west-2'],
]);

export const optInRegions: ReadonlySet<string> = new Set([
  ...['af-south-1', 'ap-east-1', 'ap-east-2', 'ap-south-2', 'ap-southeast-3', 'ap-southeast-4', 'ap-southeast-5'],
  ...['ap-southeast-6', 'ap-southeast-7', 'ca-west-1', 'eu-central-2', 'eu-south-1', 'eu-south-2', 'il-central-1'],
  ...['me-central-1', 'me-south-1', 'mx-central-1'],
]);

export type RegionStatus = 'ENABLED' | 'ENABLING' | 'DISABLING' | 'DISABLED' | 'ENABLED_BY_DEFAULT';

/** From a request to enable or disable a Region until that is done. */
export const regionChangeMilliseconds = 10_000;

/** Undefined for a name that is not a Region of AWS. */
export function regionStatus(account: Account, region: string, now: Date): RegionStatus | undefined {
  if (defaultRegions.has(region)) return 'ENABLED_BY_DEFAULT';
  if (!optInRegions.has(region)) return undefined;
  const request = account.regions?.[region];
  if (!request) return 'DISABLED';
  const underway = now.getTime() - Date.parse(request.requested) < regionChangeMilliseconds;
  if (request.enabled) return underway ? 'ENABLING' : 'ENABLED';
  return underway ? 'DISABLING' : 'DISABLED';
}

/**
 * Whether the account's credentials work in that Region: everywhere but where the account has disabled them. Unlike in
 * AWS, a Region that nobody asked for works: here it costs nothing and holds nothing, and a lab in it needs no opt-in.
 */
export function isRegionUsable(account: Account, region: string, now: Date): boolean {
  if (!account.regions?.[region]) return true;
  const status = regionStatus(account, region, now);
  return status === 'ENABLED' || status === 'DISABLING';
}
