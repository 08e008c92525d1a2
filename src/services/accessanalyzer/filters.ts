/**
 * Criteria over findings: of archive rules, and of lists. All criteria must hold; within one, any value does for `eq`
 * and `contains`, none may for `neq`.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-filter-keys.html
 */
import type { Criterion } from '@aws-sdk/client-accessanalyzer';
import { failField } from './errors.ts';

export type Filter = Readonly<Record<string, Criterion>>;
/** Where a filter stands: the keys it may have differ. */
export type FilterPlace = 'archive' | 'list' | 'preview';

/** What a filter asks a finding for: filter key → its values; a key that the finding does not have is absent. */
export type Filterable = Readonly<Record<string, readonly string[] | undefined>>;

const EVERYWHERE = [
  'resource',
  'resourceType',
  'resourceOwnerAccount',
  'isPublic',
  'findingType',
  'resourceControlPolicyRestriction',
  'serviceControlPolicyRestriction',
  'error',
  'principal.AWS',
  'principal.Federated',
  'principal.CanonicalUser',
  'accessType',
  'principalType',
  'principalOwnerAccount',
];
const KEYS: Readonly<Record<FilterPlace, ReadonlySet<string>>> = {
  archive: new Set(EVERYWHERE),
  list: new Set([...EVERYWHERE, 'id', 'status']),
  preview: new Set([...EVERYWHERE, 'id', 'status', 'changeType', 'existingFindingId', 'existingFindingStatus']),
};

/** The values are not checked, as in AWS: a rule may name what does not exist. */
export function checkFilter(filter: Filter, place: FilterPlace): void {
  for (const [key, criterion] of Object.entries(filter)) {
    if (!KEYS[place].has(key) && !key.startsWith('condition.')) failField('filter', `Invalid filter key: ${key}`);
    const { eq, neq, contains, exists } = criterion;
    if (!eq && !neq && !contains && exists === undefined) {
      failField('filter', `The criterion for ${key} must have one of eq, neq, contains and exists.`);
    }
  }
}

export const passes = (filter: Filter | undefined, finding: Filterable) =>
  Object.entries(filter ?? {}).every(([key, criterion]) => holds(criterion, finding[key] ?? []));

function holds({ eq, neq, contains, exists }: Criterion, values: readonly string[]): boolean {
  if (exists !== undefined && exists !== values.length > 0) return false;
  if (eq && !values.some((value) => eq.includes(value))) return false;
  if (neq && values.some((value) => neq.includes(value))) return false;
  return !contains || values.some((value) => contains.some((part) => value.includes(part)));
}
