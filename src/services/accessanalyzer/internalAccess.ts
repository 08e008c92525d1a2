/** What one user or role can do to one resource, and under which conditions that policies name. */
import type { ResourceControlPolicyRestriction, ServiceControlPolicyRestriction } from '@aws-sdk/client-accessanalyzer';
import type { Context } from '../../core/context.ts';
import { chainOf } from '../../identity/organization.ts';
import { guardrailsOf } from '../../identity/policies.ts';
import { type CompiledPolicy, contextOf, decide } from '../../policy/index.ts';
import type { Resource } from '../../posture/inventory.ts';
import { type Abstraction, abstractionOf } from './abstraction.ts';
import { type Assignment, budgetOf, choicesOf, exampleOf, smallest } from './assignments.ts';
import type { Insider } from './insiders.ts';
import type { Zone } from './zone.ts';

type Levels = readonly (readonly CompiledPolicy[])[] | undefined;

export interface Restrictions {
  /** Counted in where the organization is the zone; told of only, where the account is. */
  readonly scps: Levels;
  readonly rcps: Levels;
  readonly serviceControl: ServiceControlPolicyRestriction;
  readonly resourceControl: ResourceControlPolicyRestriction;
}

export async function restrictions(
  ctx: Context,
  { scps }: Insider,
  { account }: Resource,
  zone: Zone,
): Promise<Restrictions> {
  const rcps = await guardrailsOf(ctx.store, await chainOf(ctx.store, account), 'RESOURCE_CONTROL_POLICY');
  const isCounted = zone.organization !== undefined;
  const word = (levels: Levels) =>
    !levels?.flat().some(denies) ? 'NOT_APPLICABLE' : isCounted ? 'APPLIED' : 'APPLICABLE';
  return {
    scps: isCounted ? scps : undefined,
    rcps: isCounted ? rcps : undefined,
    serviceControl: word(scps),
    resourceControl: word(rcps),
  };
}

const denies = ({ body }: CompiledPolicy) =>
  body.document.statements.some(({ effect }) => effect === 'Deny') || !body.text.includes('"*"');

export interface Ability {
  readonly actions: readonly string[];
  readonly condition: Assignment;
}

/** Conditions that hang on the network or on services; who asks is known. */
const OPEN = /^aws:(Source|Vpce)/;

/** One entry for each smallest set of conditions; none when the insider can do nothing. */
export function canDo(
  insider: Insider,
  resource: Resource,
  limits: Restrictions,
  actions: readonly string[],
): Ability[] {
  const abstract = (policies: readonly CompiledPolicy[]) => policies.map(({ body }) => abstractionOf(body.text));
  const levels = (all: Levels) => all?.map(abstract);
  const identity = abstract(insider.identity);
  const own = resource.policy === undefined ? undefined : abstractionOf(resource.policy);
  const boundary = insider.boundary && abstractionOf(insider.boundary.body.text);
  const scps = levels(limits.scps);
  const rcps = levels(limits.rcps);
  const every = [
    ...identity,
    ...[own, boundary].flatMap((one) => one ?? []),
    ...[scps, rcps].flatMap((all) => all?.flat() ?? []),
  ];
  const choices = new Map(
    [...choicesOf(every.flatMap(({ statements }) => statements))].filter(([key]) => OPEN.test(key)),
  );
  const policyOf = ({ policy }: Abstraction) => policy;
  const set = {
    identity: identity.map(policyOf),
    resource: own?.policy,
    boundary: boundary?.policy,
    scps: scps?.map((level) => level.map(policyOf)),
    rcps: rcps?.map((level) => level.map(policyOf)),
  };
  const allowed = (action: string, arn: string, assignment: Assignment) => {
    const examples = Object.entries(assignment).map(([key, value]) => [key, exampleOf(key, value)]);
    const { principal, account: principalAccount, context } = insider;
    const request = {
      principal,
      action,
      resource: arn,
      context: contextOf({ ...context, ...Object.fromEntries(examples), 'aws:ResourceAccount': resource.account }),
      principalAccount,
      resourceAccount: resource.account,
      flags: { principalAccountIsManagement: insider.isManagement },
    };
    return decide(request, set).verdict === 'Allowed';
  };
  const arns = resource.type === 'AWS::S3::Bucket' ? [resource.arn, `${resource.arn}/x`] : [resource.arn];
  const budget = budgetOf();
  return grouped(actions, (action) => {
    return smallest(choices, (assignment) => arns.some((arn) => allowed(action, arn, assignment)), budget) ?? [{}];
  });
}

/** Actions together that the same conditions open. */
function grouped(actions: readonly string[], conditionsOf: (action: string) => readonly Assignment[]): Ability[] {
  const found = new Map<string, { actions: string[]; condition: Assignment }>();
  for (const action of actions) {
    for (const condition of conditionsOf(action)) {
      const key = JSON.stringify(condition);
      const ability = found.get(key) ?? { actions: [], condition };
      ability.actions.push(action);
      found.set(key, ability);
    }
  }
  return [...found.values()];
}
