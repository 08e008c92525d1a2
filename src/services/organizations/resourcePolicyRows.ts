/** The row of the delegation policy; an organization has at most one. */
import { type PolicyDocument, parsePolicy } from '../../policy/index.ts';
import { table } from '../../store/store.ts';

export interface ResourcePolicy {
  readonly organization: string;
  /** `rp-…` */
  readonly id: string;
  readonly content: string;
}

export const resourcePolicies = table<ResourcePolicy>('org_resource_policy', { key: (p) => [p.organization] });

const parsed = new WeakMap<ResourcePolicy, PolicyDocument>();

/** Whether the policy names that account, or someone in it. */
export function delegates(policy: ResourcePolicy, account: string): boolean {
  const document = parsed.get(policy) ?? parsePolicy(policy.content);
  parsed.set(policy, document);
  const names = document.statements.flatMap((statement) => statement.principal?.AWS ?? []);
  return names.some((name) => name === account || name.includes(`::${account}:`));
}
