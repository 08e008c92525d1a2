/**
 * Of many targets those that a principal's policies mean at all, conditions and guardrails aside: what is left is for
 * the engine. Principals with the same policies share the work, so that large accounts, where most have the policies of
 * a few, are not a matter of every principal times every other.
 */
import type { PolicyBody } from '../policy/compile.ts';
import type { CompiledPolicy } from '../policy/index.ts';
import type { Node } from './edges.ts';
import { mayMean } from './readings.ts';
import type { Need, Rule } from './rules.ts';

/** What one need of a rule is asked about, where that depends on the target. */
const RESOURCES: Readonly<Partial<Record<Need['on'], (target: Node) => readonly string[]>>> = {
  target: ({ subject }) => [subject.arn],
  pass: ({ subject }) => [subject.arn],
  targetPolicy: ({ policyArns }) => policyArns,
};

const pools = new WeakMap<object, Map<string, readonly unknown[]>>();

/** Targets that are worth asking the engine about. */
export function poolFor<T extends { readonly node: Node }>(rule: Rule, { standing }: Node, targets: readonly T[]) {
  // A role may let somebody in whose own policies say nothing of it.
  const need = rule.needs.find(({ on, action }) => on in RESOURCES && action !== 'sts:AssumeRole');
  if (!need || standing.missing.length > 0) return targets;
  const known = pools.get(targets) ?? new Map<string, readonly unknown[]>();
  pools.set(targets, known);
  const key = `${need.action} ${need.on} ${signatureOf(standing.identity)}`;
  let pool = known.get(key) as readonly T[] | undefined;
  if (!pool) {
    const resourcesOf = RESOURCES[need.on]!;
    pool = targets.filter(({ node }) =>
      resourcesOf(node).some((resource) => meansAny(standing.identity, need.action, resource)),
    );
    known.set(key, pool);
  }
  return pool;
}

/** Some policy allows the action on the resource, if its conditions hold and its variables fit. */
export const meansAny = (policies: readonly CompiledPolicy[], action: string, resource: string) =>
  policies.some((policy) => mayMean(policy, action, resource));

const numbers = new WeakMap<PolicyBody, number>();
const signatures = new WeakMap<readonly CompiledPolicy[], string>();
let last = 0;

/** The same for the same documents. */
function signatureOf(policies: readonly CompiledPolicy[]): string {
  let found = signatures.get(policies);
  if (found === undefined) {
    const ids = policies.map(({ body }) => {
      const known = numbers.get(body);
      if (known !== undefined) return known;
      numbers.set(body, ++last);
      return last;
    });
    found = ids.sort((a, b) => a - b).join();
    signatures.set(policies, found);
  }
  return found;
}
