/**
 * What an account gets of the declarative policies of a type: merged down the tree, and kept as it was while the merge
 * would be invalid. Read by the gateway and by services on their requests, so a merge is worked out once for the rows
 * it is made of.
 * https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_effective.html
 */
import { type Transaction, table } from '../store/store.ts';
import {
  type Account,
  type Chain,
  chainOf,
  type OrganizationPolicy,
  type OrganizationPolicyType,
  organizationPolicies,
  type Unit,
} from './organization.ts';
import { type Merged, merge, plain } from './policyInheritance.ts';

type Reader = Pick<Transaction, 'get'>;

/** The policies over an account or a unit as they are, whether or not they make sense together. */
export interface Merge {
  readonly merged: Merged;
  /** Plain JSON; undefined when nothing is set. */
  readonly content: unknown;
  /** The last change of a policy in it; ISO 8601. */
  readonly updated: string;
}

/** What holds for an account while its policies do not: the last that did. Only Organizations writes these. */
export interface HeldPolicy {
  readonly organization: string;
  readonly type: OrganizationPolicyType;
  readonly account: string;
  /** Absent: there was none before. */
  readonly content?: unknown;
  readonly updated: string;
}

export const heldPolicies = table<HeldPolicy>('org_held_policy', {
  key: (held) => [held.organization, held.type, held.account],
});

/** Undefined: the account is in no organization, or the type is not enabled there. */
export async function effectivePolicy(
  tx: Reader,
  account: string,
  type: OrganizationPolicyType,
): Promise<Pick<HeldPolicy, 'content' | 'updated'> | undefined> {
  const chain = await chainOf(tx, account);
  if (!chain?.units[0]?.enabledTypes?.includes(type)) return undefined;
  const held = await tx.get(heldPolicies, [chain.organization.id, type, account]);
  return held ?? mergeOf(tx, chain, type);
}

interface Known {
  readonly places: readonly (Unit | Account)[];
  readonly policies: readonly OrganizationPolicy[];
  readonly merge: Merge;
}

/** By the row of the place itself. A row is the same object for as long as it does not change. */
const known = new WeakMap<Unit | Account, Map<OrganizationPolicyType, Known>>();

/** `account` may be left out: then it is what accounts of the last unit get that have no policies of their own. */
export async function mergeOf(
  tx: Reader,
  { organization, units, account }: Pick<Chain, 'organization' | 'units'> & Partial<Pick<Chain, 'account'>>,
  type: OrganizationPolicyType,
): Promise<Merge> {
  const places = account ? [...units, account] : units;
  const levels: OrganizationPolicy[][] = [];
  for (const { attachments } of places) {
    const level: OrganizationPolicy[] = [];
    for (const id of attachments[type] ?? []) {
      const policy = await tx.get(organizationPolicies, [organization.id, id]);
      if (policy) level.push(policy);
    }
    levels.push(level);
  }
  const policies = levels.flat();
  const place = places.at(-1)!;
  const found = known.get(place)?.get(type);
  if (found && isSame(found.places, places) && isSame(found.policies, policies)) return found.merge;
  const merged = merge(levels);
  const made = { merged, content: plain(merged), updated: latest(organization.created, policies) };
  known.set(
    place,
    (known.get(place) ?? new Map<OrganizationPolicyType, Known>()).set(type, { places, policies, merge: made }),
  );
  return made;
}

const isSame = (a: readonly object[], b: readonly object[]) =>
  a.length === b.length && a.every((row, i) => row === b[i]);

const latest = (created: string, policies: readonly OrganizationPolicy[]) =>
  policies.reduce((last, { updated }) => ((updated ?? '') > last ? updated! : last), created);
