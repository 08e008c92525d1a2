/**
 * A finding: access that somebody has, or that nobody uses. Its id is drawn from the analyzer and from what it says, so
 * that the same access is the same finding however often it is looked at, and other access is another one.
 */
import { createHash } from 'node:crypto';
import type { FindingDetails, FindingStatus, FindingType, ResourceType } from '@aws-sdk/client-accessanalyzer';
import { table } from '../../store/store.ts';
import type { Filterable } from './filters.ts';

/** What one look at a resource or principal shows. */
export interface Observation {
  readonly type: FindingType;
  /** ARN */
  readonly resource: string;
  readonly resourceType: ResourceType;
  /** Account that owns the resource. */
  readonly owner: string;
  readonly details: readonly FindingDetails[];
  /** What makes it another finding: all that it says, without times of last use. */
  readonly identity: unknown;
  readonly error?: string;
}

export interface Finding extends Omit<Observation, 'identity'> {
  /** Id of the analyzer. */
  readonly analyzer: string;
  readonly id: string;
  readonly status: FindingStatus;
  readonly created: string;
  /** Last change of status or content. */
  readonly updated: string;
}

/** Index `owner`: [analyzer, account]. `resource`: [analyzer, resource]. */
export const findings = table<Finding>('accessanalyzer_finding', {
  key: (f) => [f.analyzer, f.id],
  indexes: { owner: (f) => [[f.analyzer, f.owner]], resource: (f) => [[f.analyzer, f.resource]] },
});

/** A UUID made of a digest. */
export function idOf(analyzer: string, { type, resource, identity }: Observation): string {
  const hash = createHash('sha256')
    .update(JSON.stringify([analyzer, type, resource, identity]))
    .digest('hex');
  const variant = 'ab89'[Number.parseInt(hash[16]!, 16) % 4];
  const fields = [hash.slice(0, 8), hash.slice(8, 12), `4${hash.slice(13, 16)}`, variant + hash.slice(17, 20)];
  return [...fields, hash.slice(20, 32)].join('-');
}

/** Times survive the store as text. */
export const detailsView = (details: readonly FindingDetails[]): FindingDetails[] =>
  details.map((detail) => revived(detail) as FindingDetails);

function revived(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(revived);
  if (typeof value !== 'object' || value === null || value instanceof Date) return value;
  const entries = Object.entries(value).map(([key, inner]) => {
    return [key, key === 'lastAccessed' && typeof inner === 'string' ? new Date(inner) : revived(inner)];
  });
  return Object.fromEntries(entries);
}

/** What filters read of it. */
export function filterableOf(finding: Omit<Finding, 'analyzer' | 'created' | 'updated'>): Filterable {
  const { externalAccessDetails: external, internalAccessDetails: internal } = finding.details[0] ?? {};
  const access = external ?? internal;
  const named = (prefix: string, map: Record<string, string> | undefined) =>
    Object.entries(map ?? {}).map(([key, value]) => [`${prefix}.${key}`, [value]] as const);
  return {
    id: [finding.id],
    status: [finding.status],
    resource: [finding.resource],
    resourceType: [finding.resourceType],
    resourceOwnerAccount: [finding.owner],
    findingType: [finding.type],
    isPublic: external && [String(external.isPublic === true)],
    error: finding.error === undefined ? undefined : [finding.error],
    resourceControlPolicyRestriction: one(access?.resourceControlPolicyRestriction),
    serviceControlPolicyRestriction: one(internal?.serviceControlPolicyRestriction),
    accessType: one(internal?.accessType),
    principalType: one(internal?.principalType),
    principalOwnerAccount: one(internal?.principalOwnerAccount),
    ...Object.fromEntries([...named('principal', access?.principal), ...named('condition', access?.condition)]),
  };
}

const one = (value: string | undefined) => (value === undefined ? undefined : [value]);
