/**
 * Who is in the shadow organization, and all that bears on what they may do: gathered from rows once, then asked many
 * times without waiting. Kept in memory are managed policies, groups and guardrails; principals come and go.
 */
import { accountOf } from '../core/arn.ts';
import type { Tag } from '../core/operation.ts';
import { managedPolicy } from '../identity/managedPolicies.ts';
import { accounts, type Chain, chainOf, organizationPath } from '../identity/organization.ts';
import { guardrailsOf } from '../identity/policies.ts';
import { byName, groupArn, type PolicyHolder, roleArn, rootArn, type User, userArn } from '../identity/principals.ts';
import { type CompiledPolicy, type ContextValue, compilePolicy, type Principal } from '../policy/index.ts';
import type { Store, Table } from '../store/store.ts';
import { allLoads, everyRow } from './loads.ts';
import { policyOfResource } from './resourcePolicies.ts';
import { AWS, groups, managedPolicies, roles, type ShadowRole, users } from './tables.ts';

/** Somebody who can ask: a user, a session of a role, an account's root user. */
export type Subject =
  | { readonly kind: 'user'; readonly arn: string; readonly account: string; readonly row: User }
  | { readonly kind: 'role'; readonly arn: string; readonly account: string; readonly row: ShadowRole }
  | { readonly kind: 'root'; readonly arn: string; readonly account: string; readonly row?: undefined };

type Levels = readonly (readonly CompiledPolicy[])[];

/** A subject with everything that hangs on it. */
export interface Standing {
  readonly subject: Subject;
  readonly principal: Principal;
  readonly identity: readonly CompiledPolicy[];
  readonly boundary?: CompiledPolicy;
  /** ARNs of policies it has, or a boundary it has, that were not imported. */
  readonly missing: readonly string[];
  readonly missingBoundary?: string;
  readonly place: Place;
  readonly entries: Readonly<Record<string, ContextValue>>;
}

/** An account, and what its place in an organization puts over it. */
export interface Place {
  readonly account: string;
  readonly chain?: Chain;
  readonly scps?: Levels;
  readonly rcps?: Levels;
}

/** What is acted on. */
export interface Target {
  readonly resource: string;
  /** Undefined: it is taken to be of the caller's account. */
  readonly place?: Place;
  /** Its own policy, of a role the trust policy. */
  readonly policy?: CompiledPolicy;
}

export interface World {
  readonly store: Store;
  /** Root users, users, roles; in the order of accounts and names. */
  subjects(): AsyncGenerator<Subject>;
  /** By ARN, `user/NAME`, `role/NAME` or a name that only one has. @throws Error in a sentence */
  find(name: string): Promise<Subject>;
  standing(subject: Subject): Promise<Standing>;
  target(resource: string, account?: string): Promise<Target>;
  /** The document of a managed policy's default version; undefined when nobody knows it. */
  managed(arn: string): Promise<CompiledPolicy | undefined>;
  /** Policies of a group, and those of its managed ones that were not imported. */
  group(account: string, name: string): Promise<Held>;
  place(account: string): Promise<Place>;
  readonly accounts: readonly string[];
  /** An organization was imported: guardrails are known. */
  readonly hasOrganization: boolean;
  /** Files of imports that were cut short. */
  readonly unfinished: readonly string[];
}

export interface Held {
  readonly policies: readonly CompiledPolicy[];
  /** ARNs of attached policies, and those of them that were not imported. */
  readonly attached: readonly string[];
  readonly missing: readonly string[];
  /** Of a group. */
  readonly arn?: string;
}

export async function worldOf(store: Store): Promise<World> {
  const known: string[] = [];
  let hasOrganization = false;
  for await (const account of everyRow(store, accounts)) {
    known.push(account.id);
    hasOrganization ||= account.organization !== undefined;
  }
  const unfinished = (await allLoads(store)).filter((load) => load.state === 'staging').map((load) => load.file);
  const get = <R>(from: Table<R>, key: readonly string[]) => store.transaction((tx) => tx.get(from, key));
  const managed = kept(async (arn: string) => {
    const [, , , , account = '', path = ''] = arn.split(':');
    const row = await get(managedPolicies, byName(account, path.slice(path.lastIndexOf('/') + 1)));
    const own = row?.versions.find((version) => version.id === row.defaultVersion)?.document;
    const document = own ?? (account === AWS ? managedPolicy(arn)?.document : undefined);
    return document === undefined ? undefined : compilePolicy(document, arn);
  });
  const held = async (holder: PolicyHolder, label: string): Promise<Held> => {
    const policies = Object.entries(holder.inline).map(([name, text]) => compilePolicy(text, `${label}${name}`));
    const missing: string[] = [];
    for (const arn of holder.attached) {
      const policy = await managed(arn);
      if (policy) policies.push(policy);
      else missing.push(arn);
    }
    return { policies, missing, attached: holder.attached };
  };
  const groupByKey = kept(async (key: string): Promise<Held> => {
    const [account = '', name = ''] = key.split('/');
    const row = await get(groups, byName(account, name));
    if (!row) return { policies: [], attached: [], missing: [`group ${name}`] };
    return { ...(await held(row, `group ${row.name}/`)), arn: groupArn(row) };
  });
  const place = kept((account: string) => store.transaction((tx) => placeOf(tx, account)));
  const world: World = {
    ...{ store, accounts: known, hasOrganization, unfinished, managed, place },
    group: (account, name) => groupByKey(`${account}/${name}`),
    async *subjects() {
      for (const account of known) yield { kind: 'root', arn: rootArn(account), account };
      for await (const row of everyRow(store, users)) yield userSubject(row);
      for await (const row of everyRow(store, roles)) yield roleSubject(row);
    },
    find: (name) => findSubject(store, known, name),
    standing: async (subject) => standingOf(world, held, subject),
    target: (resource, account) => targetOf(world, resource, account),
  };
  return world;
}

type Transaction = Parameters<Parameters<Store['transaction']>[0]>[0];

async function placeOf(tx: Transaction, account: string): Promise<Place> {
  const chain = await chainOf(tx, account);
  const scps = await guardrailsOf(tx, chain, 'SERVICE_CONTROL_POLICY');
  const rcps = await guardrailsOf(tx, chain, 'RESOURCE_CONTROL_POLICY');
  return { account, ...(chain && { chain }), ...(scps && { scps }), ...(rcps && { rcps }) };
}

const userSubject = (row: User): Subject => ({ kind: 'user', arn: userArn(row), account: row.account, row });
const roleSubject = (row: ShadowRole): Subject => ({ kind: 'role', arn: roleArn(row), account: row.account, row });

/** Remembers answers by text. */
function kept<T>(ask: (key: string) => Promise<T>): (key: string) => Promise<T> {
  const answers = new Map<string, Promise<T>>();
  return (key) => {
    let answer = answers.get(key);
    if (!answer) answers.set(key, (answer = ask(key)));
    return answer;
  };
}

async function findSubject(store: Store, known: readonly string[], name: string): Promise<Subject> {
  const wanted = /^(?:arn:aws:(?:iam|sts)::(\d{12}):)?(?:(user|role|assumed-role|root)(?:\/|$))?(.*)$/.exec(name);
  const [, account, type, rest = ''] = wanted ?? [];
  if (type === 'root' && account && known.includes(account)) return { kind: 'root', arn: rootArn(account), account };
  const simple = type === 'assumed-role' ? (rest.split('/')[0] ?? '') : rest.slice(rest.lastIndexOf('/') + 1);
  const found = await store.transaction(async (tx) => {
    const subjects: Subject[] = [];
    for (const id of account ? [account] : known) {
      const user = type === undefined || type === 'user' ? await tx.get(users, byName(id, simple)) : undefined;
      const role = type !== 'user' ? await tx.get(roles, byName(id, simple)) : undefined;
      if (user) subjects.push(userSubject(user));
      if (role) subjects.push(roleSubject(role));
    }
    return subjects;
  });
  // A whole ARN means its path too; a session's ARN has none.
  if (account && type !== 'assumed-role') found.splice(0, found.length, ...found.filter(({ arn }) => arn === name));
  if (found.length > 1) throw new Error(`Several are called ${name}: ${found.map((s) => s.arn).join(', ')}`);
  if (!found[0]) throw new Error(`Nobody imported is called ${name}.`);
  return found[0];
}

async function standingOf(
  world: World,
  held: (holder: PolicyHolder, label: string) => Promise<Held>,
  subject: Subject,
): Promise<Standing> {
  const place = await world.place(subject.account);
  const common = { subject, principal: principalOf(subject), place, entries: entriesOf(subject, place) };
  if (subject.kind === 'root') return { ...common, identity: [], missing: [] };
  const own = await held(subject.row, '');
  const all = [own];
  if (subject.kind === 'user')
    for (const name of subject.row.groups) all.push(await world.group(subject.account, name));
  const arn = subject.row.boundary;
  const boundary = arn === undefined ? undefined : await world.managed(arn);
  return {
    ...common,
    identity: all.flatMap((part) => part.policies),
    missing: all.flatMap((part) => part.missing),
    ...(boundary && { boundary }),
    ...(arn !== undefined && !boundary && { missingBoundary: arn }),
  };
}

/** Sessions of roles are called this: what a session is called was not imported. */
const SESSION = 'session';

function principalOf(subject: Subject): Principal {
  if (subject.kind === 'root') return { type: 'Root', arn: subject.arn };
  if (subject.kind === 'user') return { type: 'User', arn: subject.arn };
  return { type: 'AssumedRole', arn: `arn:aws:sts::${subject.account}:assumed-role/${subject.row.name}/${SESSION}` };
}

function entriesOf(subject: Subject, place: Place): Record<string, ContextValue> {
  const entries: Record<string, ContextValue> = {
    'aws:PrincipalArn': subject.arn,
    'aws:PrincipalAccount': subject.account,
    'aws:PrincipalIsAWSService': 'false',
    ...KINDS[subject.kind](subject as never),
    ...organizationEntries('Principal', place.chain),
  };
  if (place.chain) entries['aws:PrincipalOrgMasterAccountId'] = place.chain.organization.management;
  for (const tag of subject.row?.tags ?? ([] as Tag[])) entries[`aws:PrincipalTag/${tag.Key}`] = tag.Value;
  return entries;
}

const KINDS: Readonly<Record<Subject['kind'], (subject: never) => Record<string, string>>> = {
  root: ({ account }: Subject) => ({ 'aws:PrincipalType': 'Account', 'aws:userid': account }),
  user: ({ row }: { row: User }) => ({ 'aws:PrincipalType': 'User', 'aws:userid': row.id, 'aws:username': row.name }),
  role: ({ row }: { row: User }) => ({ 'aws:PrincipalType': 'AssumedRole', 'aws:userid': `${row.id}:${SESSION}` }),
};

export function organizationEntries(
  whose: 'Principal' | 'Resource',
  chain: Chain | undefined,
): Record<string, ContextValue> {
  if (!chain) return {};
  return { [`aws:${whose}OrgID`]: chain.organization.id, [`aws:${whose}OrgPaths`]: [organizationPath(chain)] };
}

async function targetOf(world: World, resource: string, account?: string): Promise<Target> {
  const row = await world.store.transaction((tx) => policyOfResource(tx, resource));
  const only = world.accounts.length === 1 ? world.accounts[0] : undefined;
  const owner = account ?? accountOf(resource) ?? row?.account ?? (resource === '*' ? undefined : only);
  const trust =
    owner && /^arn:aws:iam::\d{12}:role\//.test(resource) ? await trustOf(world, owner, resource) : undefined;
  const policy = trust ?? (row && compilePolicy(row.document, row.arn));
  return { resource, ...(owner && { place: await world.place(owner) }), ...(policy && { policy }) };
}

async function trustOf(world: World, account: string, arn: string): Promise<CompiledPolicy | undefined> {
  const row = await world.store.transaction((tx) =>
    tx.get(roles, byName(account, arn.slice(arn.lastIndexOf('/') + 1))),
  );
  return row && roleArn(row) === arn ? compilePolicy(row.trust, `trust policy of ${row.name}`) : undefined;
}
