/** The policy simulator: what given policies, or those of a principal, would allow. Nothing is called or changed. */
import {
  type ContextEntry,
  InvalidInputException,
  type SimulateCustomPolicyRequest,
  type SimulatePolicyResponse,
  type SimulatePrincipalPolicyRequest,
} from '@aws-sdk/client-iam';
import { accountOf } from '../../core/arn.ts';
import type { Context } from '../../core/context.ts';
import { fail } from '../../core/errors.ts';
import { Missing, type Operation, type Present } from '../../core/operation.ts';
import { chainOf, organizationPath } from '../../identity/organization.ts';
import { guardrailsOf } from '../../identity/policies.ts';
import { type ContextValue, compilePolicy, validatePolicy } from '../../policy/index.ts';
import { requirePolicies } from './contextKeys.ts';
import { itemsPage } from './pages.ts';
import { isExcludedLayer, withoutExcluded } from './policyExclusions.ts';
import { type Entity, findEntity, managedSource, type PolicySource, policySources } from './policySources.ts';
import { type Simulation, simulate } from './simulation.ts';

type Input = Present<Omit<SimulateCustomPolicyRequest, 'PolicyInputList' | 'OrderedOrganizationPolicyInputList'>>;

const RESOURCES_MAX = 1000;
/** Statements that an answer looks at, at most: a page is cut short for it. About a tenth of a second. */
const STATEMENTS_MAX = 100_000;

type Custom = Operation<Present<SimulateCustomPolicyRequest>, SimulatePolicyResponse>;
export const SimulateCustomPolicy: Custom = {
  readOnly: true,
  access: () => ({ resource: '*' }),
  async run(input, ctx) {
    requirePolicies(input.PolicyInputList, 'PolicyInputList');
    const levels = input.OrderedOrganizationPolicyInputList?.map((level) => level.ServiceControlPolicyInputList ?? []);
    for (const level of levels ?? []) for (const document of level) requireScp(document);
    const caller = input.CallerArn === undefined ? undefined : await requireCaller(ctx, input.CallerArn);
    const simulation: Simulation = {
      ...common(ctx, input, caller),
      identity: given(input.PolicyInputList),
      ...(levels && { scps: levels.map((level) => level.map((document) => compilePolicy(document))) }),
      isInOrganization: levels !== undefined,
    };
    return results(simulation, input);
  },
};

type PrincipalPolicy = Operation<Present<SimulatePrincipalPolicyRequest>, SimulatePolicyResponse, Entity>;
export const SimulatePrincipalPolicy: PrincipalPolicy = {
  readOnly: true,
  load: (input, ctx) => findEntity(ctx, input.PolicySourceArn),
  access: (_input, _ctx, entity) => ({ resource: entity.arn }),
  async run(input, ctx, entity) {
    const extra = input.PolicyInputList ?? [];
    requirePolicies(extra, 'PolicyInputList');
    const caller = input.CallerArn === undefined ? entity : await requireCaller(ctx, input.CallerArn);
    const excluded = input.PolicyExclusionList ?? [];
    const held = withoutExcluded(await policySources(ctx, entity), excluded);
    const boundary = input.PermissionsBoundaryPolicyInputList?.[0] ?? (await boundaryOf(ctx, entity, excluded));
    const chain = await chainOf(ctx.store, ctx.account);
    const scps = isExcludedLayer('scp', excluded)
      ? undefined
      : await guardrailsOf(ctx.store, chain, 'SERVICE_CONTROL_POLICY');
    const linked = entity.kind === 'role' && entity.row.linkedService !== undefined;
    const shared = common(ctx, input, caller);
    const organization = chain && {
      'aws:PrincipalOrgID': chain.organization.id,
      'aws:PrincipalOrgPaths': [organizationPath(chain)],
    };
    return results(
      {
        ...shared,
        entries: { ...organization, ...shared.entries },
        identity: [...held, ...given(extra)],
        boundary,
        ...(scps && { scps }),
        isInOrganization: chain !== undefined,
        flags: {
          principalIsServiceLinkedRole: linked,
          principalAccountIsManagement: chain?.organization.management === ctx.account,
        },
      },
      input,
    );
  },
};

/** What both operations take from their input, checked. */
function common(ctx: Context, input: Input, caller: Entity | undefined) {
  const { ResourcePolicy, ResourceOwner, PermissionsBoundaryPolicyInputList: boundaries = [] } = input;
  if (boundaries.length > 1) fail(InvalidInputException, 'Only one permissions boundary policy can be simulated.');
  requirePolicies(boundaries, 'PermissionsBoundaryPolicyInputList');
  if (ResourcePolicy !== undefined) requireResourcePolicy(ResourcePolicy, caller);
  if (ResourceOwner !== undefined && !/^arn:aws:iam::\d{12}:root$/.test(ResourceOwner)) {
    fail(InvalidInputException, `ResourceOwner ${ResourceOwner} is not the ARN of an account.`);
  }
  for (const name of input.ActionNames) {
    if (!/^[a-zA-Z0-9-]+:[a-zA-Z0-9]+$/.test(name)) fail(InvalidInputException, `Invalid action name: ${name}`);
  }
  requireScenario(input);
  return {
    principal: principalOf(caller),
    principalAccount: ctx.account,
    resourceOwner: (ResourceOwner && accountOf(ResourceOwner)) ?? ctx.account,
    resourcePolicy: ResourcePolicy,
    boundary: boundaries[0],
    entries: { ...principalEntries(ctx, caller), ...contextEntries(input.ContextEntries ?? []) },
  };
}

/** A role acts in a session; its own ARN is `aws:PrincipalArn`. A group stands for a user in it. */
function principalOf(caller: Entity | undefined): Simulation['principal'] {
  if (caller?.kind !== 'role') return { type: 'User', arn: caller?.arn };
  return { type: 'AssumedRole', arn: `arn:aws:sts::${caller.row.account}:assumed-role/${caller.row.name}/simulation` };
}

function principalEntries(ctx: Context, caller: Entity | undefined): Record<string, ContextValue | undefined> {
  const entries: Record<string, ContextValue | undefined> = { 'aws:PrincipalAccount': ctx.account };
  if (!caller || caller.kind === 'group') return entries;
  entries['aws:PrincipalArn'] = caller.arn;
  entries['aws:PrincipalType'] = caller.kind === 'role' ? 'AssumedRole' : 'User';
  entries['aws:userid'] = caller.kind === 'role' ? `${caller.row.id}:simulation` : caller.row.id;
  if (caller.kind === 'user') entries['aws:username'] = caller.row.name;
  for (const { Key, Value } of caller.row.tags) entries[`aws:PrincipalTag/${Key}`] = Value;
  return entries;
}

function contextEntries(given: readonly ContextEntry[]): Record<string, ContextValue | undefined> {
  const entries: Record<string, ContextValue | undefined> = {};
  for (const { ContextKeyName: name = '', ContextKeyValues: values = [], ContextKeyType: type = 'string' } of given) {
    if (!/^[\w.-]+:.+$/.test(name)) fail(InvalidInputException, `Invalid context key name: ${name}`);
    entries[name] = type.endsWith('List') || values.length > 1 ? values : values[0];
  }
  return entries;
}

async function boundaryOf(
  ctx: Context,
  entity: Entity,
  excluded: Present<SimulatePrincipalPolicyRequest>['PolicyExclusionList'],
) {
  if (entity.kind === 'group' || entity.row.boundary === undefined) return undefined;
  if (isExcludedLayer('permission-boundary', excluded ?? [])) return undefined;
  return (await managedSource(ctx, entity.row.boundary))?.document;
}

async function requireCaller(ctx: Context, arn: string): Promise<Entity> {
  const caller = await findEntity(ctx, arn);
  if (caller instanceof Missing) throw caller.error;
  return caller;
}

function requireResourcePolicy(document: string, caller: Entity | undefined): void {
  const sentence = validatePolicy(document, 'resource');
  if (sentence !== undefined) fail(InvalidInputException, `Invalid policy ResourcePolicy: ${sentence}`);
  if (!caller || caller.kind === 'group') {
    fail(InvalidInputException, 'CallerArn must be the ARN of a user when ResourcePolicy is given.');
  }
}

function requireScp(document: string): void {
  const sentence = validatePolicy(document, 'scp');
  if (sentence !== undefined) fail(InvalidInputException, `Invalid service control policy: ${sentence}`);
}

/** The resources that each EC2 scenario must have. */
const SCENARIOS: Readonly<Record<string, readonly string[]>> = {
  'EC2-VPC-InstanceStore': ['instance', 'image', 'security-group', 'network-interface'],
  'EC2-VPC-InstanceStore-Subnet': ['instance', 'image', 'security-group', 'network-interface', 'subnet'],
  'EC2-VPC-EBS': ['instance', 'image', 'security-group', 'network-interface', 'volume'],
  'EC2-VPC-EBS-Subnet': ['instance', 'image', 'security-group', 'network-interface', 'subnet', 'volume'],
};

function requireScenario({ ResourceHandlingOption: option, ResourceArns = [] }: Input): void {
  if (ResourceArns.length > RESOURCES_MAX) {
    fail(InvalidInputException, `A simulation can have at most ${RESOURCES_MAX} resources.`);
  }
  if (option === undefined) return;
  const types = Object.hasOwn(SCENARIOS, option) ? SCENARIOS[option]! : undefined;
  if (!types) fail(InvalidInputException, `Invalid ResourceHandlingOption: ${option}`);
  for (const type of types) {
    if (!ResourceArns.some((arn) => arn.split(':')[5]?.startsWith(`${type}/`))) {
      fail(InvalidInputException, `ResourceHandlingOption ${option} requires a resource of type ${type}.`);
    }
  }
}

const given = (documents: readonly string[]): PolicySource[] =>
  documents.map((document, index) => {
    const id = `PolicyInputList.${index + 1}`;
    return { id, type: 'none', name: id, document };
  });

function results(simulation: Simulation, input: Input): SimulatePolicyResponse {
  const resources = input.ResourceArns ?? [];
  const fitting = Math.floor(STATEMENTS_MAX / statementsPerAction(simulation, resources.length));
  if (fitting === 0) fail(InvalidInputException, 'The simulation has too many statements for that many resources.');
  const MaxItems = Math.min(input.MaxItems ?? 100, fitting);
  const { items, page } = itemsPage(input.ActionNames, { Marker: input.Marker, MaxItems });
  return { EvaluationResults: items.map((action) => simulate(simulation, action, resources)), ...page };
}

function statementsPerAction({ identity, resourcePolicy, scps = [], boundary }: Simulation, resources: number): number {
  const texts = [...identity.map(({ document }) => document), boundary, resourcePolicy].filter((text) => text);
  const compiled = [...texts.map((text) => compilePolicy(text!)), ...scps.flat()];
  const statements = compiled.reduce((sum, policy) => sum + policy.body.document.statements.length, 1);
  return statements * Math.max(1, resources);
}
