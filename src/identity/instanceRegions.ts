/**
 * Regions that an instance of IAM Identity Center is replicated to. There is one plane and one store: what a Region
 * that was added means is that requests in it are answered, and that the key's replica there opens the data.
 * https://docs.aws.amazon.com/singlesignon/latest/userguide/multi-region-iam-identity-center.html
 */
import type { Instance } from './instances.ts';

export interface AddedRegion {
  /** ISO 8601 */
  readonly added: string;
  /** ISO 8601: when its removal was asked for. */
  readonly removing?: string | undefined;
}

export interface EnabledRegion {
  readonly name: string;
  readonly status: 'ACTIVE' | 'ADDING' | 'REMOVING';
  /** ISO 8601 */
  readonly added: string;
  readonly isPrimary: boolean;
}

/** From a request to add or to remove a Region until that is done. */
export const REGION_CHANGE_MS = 30_000;

type Spread = Pick<Instance, 'region' | 'created' | 'regions'>;

/** The primary Region first, the others by name. */
export function regionsOf(instance: Spread, now: Date): EnabledRegion[] {
  const primary = { name: instance.region, status: 'ACTIVE', added: instance.created, isPrimary: true } as const;
  const others = Object.entries(instance.regions ?? {}).flatMap(([name, row]): EnabledRegion[] => {
    const status = statusOf(row, now);
    return status ? [{ name, status, added: row.added, isPrimary: false }] : [];
  });
  return [primary, ...others.toSorted((a, b) => (a.name < b.name ? -1 : 1))];
}

/** Undefined: it is removed. */
function statusOf({ added, removing }: AddedRegion, now: Date): EnabledRegion['status'] | undefined {
  const isOver = (since: string) => now.getTime() - Date.parse(since) >= REGION_CHANGE_MS;
  if (removing !== undefined) return isOver(removing) ? undefined : 'REMOVING';
  return isOver(added) ? 'ACTIVE' : 'ADDING';
}

export const isServedIn = (instance: Spread, region: string, now: Date): boolean =>
  region === instance.region ||
  regionsOf(instance, now).some(({ name, status }) => name === region && status === 'ACTIVE');
