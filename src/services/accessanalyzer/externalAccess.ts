/**
 * Who outside the zone of trust can reach a resource. For every principal that the resource's policy names, the engine
 * itself is asked, on the policy as abstraction.ts leaves it, whether an external request of that principal would be
 * allowed, and under which of the conditions that the policy names (assignments.ts). The external side is taken to
 * permit everything: AWS knows nothing of other accounts' policies, nor do we look.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-concepts.html
 */
import { contextOf, decide, matchesPattern, type StatementElement } from '../../policy/index.ts';
import type { AccessGrant, Resource } from '../../posture/inventory.ts';
import { type Abstraction, abstractionOf } from './abstraction.ts';
import { actionsOn } from './analyzedTypes.ts';
import { type Assignment, budgetOf, choicesOf, exampleOf, isWithin, smallest } from './assignments.ts';
import { EVERYTHING, type External, principalsNamed, type Witness, witnessOf } from './externalPrincipals.ts';
import type { Zone } from './zone.ts';

export interface ExternalAccess {
  /** `{ AWS: '444455556666' }`, `{ AWS: '*' }`, `{ Federated: … }`. */
  readonly principal: Readonly<Record<string, string>>;
  /** Sorted. */
  readonly actions: readonly string[];
  readonly condition: Assignment;
  readonly isPublic: boolean;
  /** `POLICY`, or where the grant stands. */
  readonly source: string;
}

/** In the order of the policy's principals, the most general ones first. Throws PolicySyntaxError. */
export function externalAccess(resource: Resource, zone: Zone): ExternalAccess[] {
  const byPolicy = resource.policy ? policyAccess(resource, abstractionOf(resource.policy), zone) : [];
  const isBlocked = resource.blocksPublicAccess === true && byPolicy.some(({ isPublic }) => isPublic);
  const byGrants = (resource.grants ?? []).flatMap((grant) => grantAccess(grant, zone));
  const open = resource.blocksPublicAccess ? byGrants.filter(({ isPublic }) => !isPublic) : byGrants;
  return [...(isBlocked ? [] : byPolicy), ...open];
}

function policyAccess(resource: Resource, abstraction: Abstraction, zone: Zone): ExternalAccess[] {
  const found: ExternalAccess[] = [];
  const budget = budgetOf();
  const choices = choicesOf(abstraction.statements);
  const classes = classesOf(actionsOn(resource.type), abstraction.statements);
  for (const external of principalsNamed(abstraction.statements, zone)) {
    for (const actions of classes) {
      const covering = found.filter((access) => covers(access, external, actions[0]!));
      const allows = (assignment: Assignment) =>
        !covering.some(({ condition }) => isWithin(condition, assignment)) &&
        isAllowed(resource, abstraction, zone, { external, action: actions[0]!, assignment });
      for (const condition of smallest(choices, allows, budget) ?? [{}]) add(found, external, actions, condition);
    }
  }
  return found;
}

interface Question {
  readonly external: External;
  readonly action: string;
  readonly assignment: Assignment;
}

function isAllowed(resource: Resource, { policy, statements }: Abstraction, zone: Zone, asked: Question): boolean {
  const witness = witnessOf(asked.external, asked.assignment, zone);
  if (!witness) return false;
  const context = contextOf({ ...witness.context, ...examplesOf(asked.assignment) });
  return resourcesMeant(resource, statements).some((arn) => {
    const request = {
      principal: witness.principal,
      action: asked.action,
      resource: arn,
      context,
      principalAccount: witness.account,
      resourceAccount: resource.account,
    };
    return decide(request, { identity: EVERYTHING, resource: policy }).verdict === 'Allowed';
  });
}

const examplesOf = (assignment: Assignment): Witness['context'] =>
  Object.fromEntries(Object.entries(assignment).map(([key, value]) => [key, exampleOf(key, value)]));

/** The resource itself, and one example of each thing in it that the policy names (`arn:aws:s3:::b/public/x`). */
function resourcesMeant({ arn }: Resource, statements: readonly StatementElement[]): readonly string[] {
  const inside = statements.flatMap(({ resource }) => resource ?? []).filter((name) => name.startsWith(`${arn}/`));
  const wide = statements.some(({ resource }) => resource?.some((name) => matchesPattern(name, `${arn}/x`)));
  return [...new Set([arn, ...(wide ? [`${arn}/x`] : []), ...inside.map((name) => name.replaceAll(/[*?]/g, 'x'))])];
}

/** Actions that the same statements mean: one question answers for all of a class. */
function classesOf(actions: readonly string[], statements: readonly StatementElement[]): string[][] {
  const classes = new Map<string, string[]>();
  for (const action of actions) {
    const lower = action.toLowerCase();
    const signature = statements.map((statement) => (means(statement, lower) ? '1' : '0')).join('');
    if (!signature.includes('1')) continue;
    classes.set(signature, [...(classes.get(signature) ?? []), action]);
  }
  return [...classes.values()];
}

function means({ action, notAction }: StatementElement, lower: string): boolean {
  const isListed = (patterns: readonly string[] | undefined) =>
    patterns?.some((pattern) => matchesPattern(pattern.toLowerCase(), lower)) === true;
  return action ? isListed(action) : !isListed(notAction);
}

/** Whether what was found before tells of this principal and action already. */
function covers(access: ExternalAccess, external: External, action: string): boolean {
  if (!access.actions.includes(action)) return false;
  const [kind, name] = Object.entries(access.principal)[0]!;
  if (kind !== external.kind) return false;
  return name === '*' || name === external.name || (external.account !== undefined && name === external.account);
}

function add(found: ExternalAccess[], external: External, actions: readonly string[], condition: Assignment): void {
  const principal = { [external.kind]: external.name };
  const same = JSON.stringify([principal, condition]);
  const index = found.findIndex((access) => JSON.stringify([access.principal, access.condition]) === same);
  const all = [...new Set([...(found[index]?.actions ?? []), ...actions])].sort();
  const isPublic = external.name === '*' && Object.keys(condition).length === 0;
  const access = { principal, actions: all, condition, isPublic, source: 'POLICY' };
  if (index < 0) found.push(access);
  else found[index] = access;
}

function grantAccess(grant: AccessGrant, zone: Zone): ExternalAccess[] {
  const { principal, actions, conditions = {}, source = 'POLICY' } = grant;
  const account = /^\d{12}$/.test(principal) ? principal : principal.split(':')[4];
  if (account !== undefined && zone.accounts.has(account)) return [];
  if (/\.amazonaws\.com(\.cn)?$/.test(principal)) return [];
  const kind = /^[0-9a-f]{64}$/.test(principal) ? 'CanonicalUser' : 'AWS';
  const isPublic = principal === '*' && Object.keys(conditions).length === 0;
  return [{ principal: { [kind]: principal }, actions: actions.toSorted(), condition: conditions, isPublic, source }];
}
