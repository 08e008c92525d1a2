/** Whether a rule leads from one principal to another, asked of the policy engine need by need. */

import type { User } from '../identity/principals.ts';
import { byName, groupArn, groups } from '../identity/principals.ts';
import { type CompiledPolicy, compilePolicy } from '../policy/index.ts';
import { type Answer, answer, EVERYTHING, type Given } from './answer.ts';
import { everyRow } from './loads.ts';
import type { Need, Rule } from './rules.ts';
import { AWS, managedPolicies, type ShadowRole } from './tables.ts';
import { decidedBy } from './whoCan.ts';
import { type Witness, witnessOf } from './witnesses.ts';
import type { Standing, Subject, Target, World } from './world.ts';

/** One thing the caller does on the way, and the statement that lets it. */
export interface Step {
  readonly action: string;
  readonly resource: string;
  readonly by: string;
  readonly dependsOn: readonly string[];
}

export interface Edge {
  readonly rule: string;
  readonly from: string;
  /** ARN, or `administrator`. */
  readonly to: string;
  /** The principal it goes through, where the caller gives that one full access first. */
  readonly through?: string;
  readonly steps: readonly Step[];
  readonly supposes?: string;
}

/** A principal with what rules ask about it. */
export interface Node {
  readonly standing: Standing;
  readonly subject: Exclude<Subject, { kind: 'root' }>;
  /** Full access would make it administrator: neither boundary stands in the way. */
  readonly couldBeAdministrator: boolean;
  readonly groupArns: readonly string[];
  /** Own customer managed policies, those of its groups among them. */
  readonly policyArns: readonly string[];
  /** Of those, the ones with an older version that would make it administrator. */
  readonly versionArns: readonly string[];
}

export const ADMINISTRATOR = 'administrator';
const ADMINISTRATOR_ACCESS = 'arn:aws:iam::aws:policy/AdministratorAccess';

/** Actions of many kinds, all of which an administrator can do to anything. */
const EVERY = ['iam:AttachRolePolicy', 'iam:CreateUser', 'sts:AssumeRole', 's3:DeleteBucket', 'ec2:RunInstances'];
const MORE = ['kms:ScheduleKeyDeletion', 'lambda:CreateFunction', 'rds:DeleteDBInstance', 'logs:DeleteLogGroup'];

/**
 * Administrator: its policies, within its boundary, allow everything on everything. SCPs bind whole accounts, their
 * administrators too, and are left out here; they count for every step on the way.
 */
export function administrates(standing: Standing, given: Given): Answer['verdict'] {
  const { scps: _, ...place } = standing.place;
  let verdict: Answer['verdict'] = 'Allowed';
  for (const action of [...EVERY, ...MORE]) {
    const found = answer({ ...standing, place }, action, { resource: '*' }, given).verdict;
    if (found === 'Denied') return found;
    if (found === 'Depends') verdict = found;
  }
  return verdict;
}

/** What rules ask about a principal beyond its standing. */
export async function nodeOf(world: World, standing: Standing, given: Given): Promise<Node | undefined> {
  const { subject } = standing;
  if (subject.kind === 'root') return undefined;
  const attached = new Set(subject.row.attached);
  const groupArns: string[] = [];
  for (const name of subject.kind === 'user' ? subject.row.groups : []) {
    const group = await world.group(subject.account, name);
    if (group.arn !== undefined) groupArns.push(group.arn);
    for (const arn of group.attached) attached.add(arn);
  }
  const policyArns = [...attached].filter((arn) => arn.split(':')[4] !== AWS);
  const isBounded = standing.boundary !== undefined || standing.missingBoundary !== undefined;
  const full = { ...standing, identity: [EVERYTHING], missing: [] };
  const couldBeAdministrator = !isBounded || administrates(full, given) !== 'Denied';
  const versionArns: string[] = [];
  for (const arn of couldBeAdministrator ? policyArns : []) {
    if (await hasStrongerVersion(world, standing, arn, given)) versionArns.push(arn);
  }
  return { standing, subject, couldBeAdministrator, groupArns, policyArns, versionArns };
}

/** Documents of a managed policy's versions but the default one; asked for each principal that has the policy. */
const olderVersions = new WeakMap<World, Map<string, readonly CompiledPolicy[]>>();

async function olderOf(world: World, account: string, arn: string): Promise<readonly CompiledPolicy[]> {
  const known = olderVersions.get(world) ?? new Map<string, readonly CompiledPolicy[]>();
  olderVersions.set(world, known);
  let found = known.get(arn);
  if (!found) {
    const name = arn.slice(arn.lastIndexOf('/') + 1);
    const row = await world.store.transaction((tx) => tx.get(managedPolicies, byName(account, name)));
    const older = row?.versions.filter((version) => version.id !== row.defaultVersion) ?? [];
    known.set(arn, (found = older.map((version) => compilePolicy(version.document, arn))));
  }
  return found;
}

async function hasStrongerVersion(world: World, standing: Standing, arn: string, given: Given): Promise<boolean> {
  const older = await olderOf(world, standing.subject.account, arn);
  if (older.length === 0) return false;
  const others = standing.identity.filter((policy) => policy.name !== arn);
  return older.some((version) => administrates({ ...standing, identity: [...others, version] }, given) !== 'Denied');
}

/** Groups of an account with what being in them would add. */
export async function groupsOf(world: World, account: string) {
  const found: { readonly arn: string; readonly policies: readonly CompiledPolicy[] }[] = [];
  for await (const row of everyRow(world.store, groups, [account])) {
    found.push({ arn: groupArn(row), policies: (await world.group(account, row.name)).policies });
  }
  return found;
}

export type Groups = Awaited<ReturnType<typeof groupsOf>>;

export interface Asking {
  readonly given: Given;
  readonly groups: Groups;
  /** Edges that depend on what was not said count too. */
  readonly loosely: boolean;
}

/** The edge that a rule makes from the caller to a target that fits it (for rules about itself: the caller again). */
export function edgeOf(rule: Rule, from: Node, to: Node, asking: Asking): Edge | undefined {
  const steps: Step[] = [];
  for (const need of rule.needs) {
    const step = stepOf(rule, need, from, to, asking);
    if (!step) return undefined;
    steps.push(step);
  }
  const isElevating = rule.makes === 'administrator' || rule.makes === 'elevated';
  return {
    ...{ rule: rule.name, from: from.subject.arn, to: isElevating ? ADMINISTRATOR : to.subject.arn, steps },
    ...(rule.makes === 'elevated' && { through: to.subject.arn }),
    ...(rule.supposes !== undefined && { supposes: rule.supposes }),
  };
}

/** Whether the caller can do those things that have nothing to do with the target. */
export const isOpenTo = (rule: Rule, { standing }: Node, asking: Asking): boolean =>
  rule.needs.every(({ on, action }) => {
    const found = on === 'any' ? knownWitness(standing, action, asking.given) : undefined;
    return on !== 'any' || (found !== undefined && isFine(found, asking));
  });

const isFine = ({ verdict }: Answer, { loosely }: Asking) =>
  verdict === 'Allowed' || (loosely && verdict === 'Depends');

/** Whether the rule is about targets of this kind: its account, its trust, what it is. */
export function fitsTarget(rule: Rule, from: Node, to: Node, asking: Asking): boolean {
  const { subject } = to;
  if (rule.makes === 'administrator') return fitsItself(rule, from, asking);
  if (subject.arn === from.subject.arn || subject.kind !== (rule.target ?? rule.makes)) return false;
  if (subject.kind === 'role' && subject.row.linkedService !== undefined) return false;
  if (rule.name !== 'AssumeRole' && subject.account !== from.subject.account) return false;
  if (rule.makes === 'elevated' && !to.couldBeAdministrator) return false;
  if (subject.kind !== 'role') return true;
  if (rule.profiled && subject.row.instanceProfiles.length === 0) return false;
  return rule.service === undefined || trusts(subject.row, rule.service, asking);
}

function fitsItself(rule: Rule, { subject, standing, couldBeAdministrator }: Node, { given }: Asking): boolean {
  if (rule.caller !== undefined && rule.caller !== subject.kind) return false;
  if (!/PermissionsBoundary$/.test(rule.needs[0]?.action ?? '')) return couldBeAdministrator;
  const { boundary, missingBoundary: _, ...free } = standing;
  return boundary !== undefined && administrates(free, given) !== 'Denied';
}

const trusted = new WeakMap<ShadowRole, Map<string, boolean>>();

function trusts(row: ShadowRole, service: string, { given }: Asking): boolean {
  const known = trusted.get(row) ?? new Map<string, boolean>();
  trusted.set(row, known);
  let found = known.get(service);
  if (found === undefined) {
    const arn = `arn:aws:iam::${row.account}:role${row.path}${row.name}`;
    const caller: Standing = {
      subject: { kind: 'root', arn: service, account: '' },
      principal: { type: 'Service', service },
      ...{ identity: [], missing: [], place: { account: '' } },
      entries: { 'aws:PrincipalIsAWSService': 'true', 'aws:PrincipalServiceName': service },
    };
    const target = { resource: arn, place: { account: row.account }, policy: compilePolicy(row.trust) };
    found = answer(caller, 'sts:AssumeRole', target, given).verdict !== 'Denied';
    known.set(service, found);
  }
  return found;
}

function stepOf(rule: Rule, need: Need, from: Node, to: Node, asking: Asking): Step | undefined {
  if (need.on === 'any') {
    const found = knownWitness(from.standing, need.action, asking.given);
    return found && isFine(found, asking) ? shown(need.action, found.resource, found) : undefined;
  }
  for (const target of targetsOf(need, from, to, asking)) {
    const found = answer(from.standing, need.action, target, givenFor(rule, need, from, to, asking.given));
    if (isFine(found, asking)) return shown(need.action, target.resource, found);
  }
  return undefined;
}

/** Asked for every target, and the same for all. */
const witnesses = new WeakMap<Standing, Map<string, Witness | undefined>>();

function knownWitness(standing: Standing, action: string, given: Given): Witness | undefined {
  const known = witnesses.get(standing) ?? new Map<string, Witness | undefined>();
  witnesses.set(standing, known);
  if (!known.has(action)) known.set(action, witnessOf(standing, action, given));
  return known.get(action);
}

const shown = (action: string, resource: string, { decision, dependsOn }: Answer): Step => ({
  ...{ action, resource, by: decidedBy(decision), dependsOn },
});

function targetsOf(need: Need, from: Node, to: Node, asking: Asking): readonly Target[] {
  const { place } = from.standing;
  const all = (resources: readonly string[]) => resources.map((resource) => ({ resource, place }));
  const kinds: Readonly<Record<Exclude<Need['on'], 'any'>, () => readonly Target[]>> = {
    self: () => all([from.subject.arn]),
    pass: () => all([to.subject.arn]),
    target: () => [{ resource: to.subject.arn, place: to.standing.place, ...trustOf(need, from, to) }],
    ownPolicy: () => all(from.policyArns),
    ownPolicyVersion: () => all(from.versionArns),
    targetPolicy: () => all(to.policyArns),
    ownGroup: () => all(from.groupArns),
    anyGroup: () => all(strongGroups(from, asking)),
  };
  return need.on === 'any' ? [] : kinds[need.on]();
}

/** Groups that would make the caller administrator. */
const strongGroups = ({ standing, groupArns }: Node, { groups: all, given }: Asking) =>
  all
    .filter(({ arn, policies }) => {
      if (groupArns.includes(arn)) return false;
      return administrates({ ...standing, identity: [...standing.identity, ...policies] }, given) !== 'Denied';
    })
    .map(({ arn }) => arn);

function trustOf(need: Need, from: Node, { subject }: Node): { policy?: CompiledPolicy } {
  if (need.action !== 'sts:AssumeRole' || subject.kind !== 'role') return {};
  const rewritten = {
    Version: '2012-10-17',
    Statement: { Effect: 'Allow', Principal: { AWS: from.subject.arn }, Action: 'sts:AssumeRole' },
  };
  const document = need.rewritten ? rewritten : subject.row.trust;
  return {
    policy: compilePolicy(
      document,
      need.rewritten ? 'the trust policy as rewritten' : `trust policy of ${subject.row.name}`,
    ),
  };
}

/** What is known of the request: the tags and the boundary of whom it is about, and what the caller would ask for. */
function givenFor(rule: Rule, need: Need, from: Node, to: Node, given: Given): Given {
  const about: User | ShadowRole = (need.on === 'self' ? from : to).subject.row;
  const context: Record<string, string | readonly string[]> = { ...given.context };
  if (need.on === 'self' || need.on === 'target' || need.on === 'pass') {
    for (const { Key, Value } of about.tags)
      context[`aws:ResourceTag/${Key}`] = context[`iam:ResourceTag/${Key}`] = Value;
    if (about.boundary !== undefined) context['iam:PermissionsBoundary'] = about.boundary;
  }
  if (need.on === 'pass' && rule.service !== undefined) context['iam:PassedToService'] = rule.service;
  if (/^iam:Put\w+PermissionsBoundary$/.test(need.action)) context['iam:PermissionsBoundary'] = ADMINISTRATOR_ACCESS;
  if (/^iam:Attach/.test(need.action)) context['iam:PolicyARN'] = ADMINISTRATOR_ACCESS;
  return { ...given, context, settled: ['aws:resourcetag/', 'iam:resourcetag/', 'iam:permissionsboundary'] };
}
