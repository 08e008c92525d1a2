/**
 * The policies in force before and after the change. Both versions share whatever the change does not touch, down to
 * the same object, so that comparing the versions is comparing references.
 */
import { managedPolicy } from '../identity/managedPolicies.ts';
import {
  type Account,
  FULL_AWS_ACCESS,
  type OrganizationPolicyType,
  RCP_FULL_AWS_ACCESS,
  type Unit,
} from '../identity/organization.ts';
import type { User } from '../identity/principals.ts';
import { type CompiledPolicy, compilePolicy } from '../policy/index.ts';
import { rcpServices } from '../policy/services.ts';
import type { ShadowRole } from '../shadow/tables.ts';
import type { Change, GuardrailKind } from './changes.ts';
import { InputError, type Snapshot } from './inputs.ts';
import type { Place } from './keys.ts';

export type Policies = readonly CompiledPolicy[];
export type Levels = readonly Policies[];

/** Two versions of one layer; the same object when the change does not touch it. */
export interface Versions<T> {
  readonly before: T;
  readonly after: T;
}

/** Null: not known. Undefined: known that there is none. */
export type Known<T> = T | undefined | null;

export interface World {
  /** Undefined: none apply. */
  readonly levels: (kind: GuardrailKind, account: string | null) => Versions<Levels | undefined>;
  readonly identity: (arn: string | undefined) => Versions<Policies | null>;
  readonly boundary: (arn: string | undefined) => Versions<Known<CompiledPolicy>>;
  readonly resource: (arn: string) => Versions<Known<CompiledPolicy>>;
  readonly tags: (arn: string | undefined) => Readonly<Record<string, string>> | null;
  readonly place: (account: string | null) => Place | undefined | null;
  readonly find: (account: string, kind: string, name: string) => string | undefined;
  readonly isManagement: (account: string | null) => boolean;
  /** Action prefixes of calls whose resource's side changes. */
  readonly resourceServices: ReadonlySet<string>;
  /** What had to be taken for granted, a sentence each. */
  readonly assumptions: readonly string[];
}

/** Throws InputError when a change names something that is not there. */
export function worldOf(snapshot: Snapshot, changes: readonly Change[]): World {
  const after = applied(snapshot, changes);
  const place = remember((account: string) => placeOf(snapshot, account));
  return {
    levels: guardrails(snapshot, after),
    identity: remembered((arn) => versions(identityOf(snapshot, arn), identityOf(after, arn), samePolicies)),
    boundary: remembered((arn) => versions(boundaryOf(snapshot, arn), boundaryOf(after, arn), samePolicy)),
    resource: remember((arn: string) => versions(resourceOf(snapshot, arn), resourceOf(after, arn), samePolicy)),
    tags: remembered((arn) => tagsOf(snapshot, arn)),
    place: (account) => (account === null ? undefined : place(account)),
    find: finder(snapshot),
    isManagement: (account) => account !== null && snapshot.organization?.management === account,
    resourceServices: resourceServicesOf(snapshot, changes),
    assumptions: [...after.extra].map(
      ([arn, policies]) =>
        `The policies of ${arn} are not known (--account): ${[...policies.keys()].join(', ')} counts as added to them`,
    ),
  };
}

function resourceServicesOf(snapshot: Snapshot, changes: readonly Change[]): ReadonlySet<string> {
  const found = new Set<string>();
  for (const change of changes) {
    if (change.kind === 'resource') {
      const service = change.arn.split(':')[2] ?? '';
      found.add(service === 'iam' ? 'sts' : service);
    }
    const isRcp = change.kind === 'attach' ? change.type === 'rcp' : 'id' in change && isRcpId(snapshot, change.id);
    if (isRcp) for (const service of rcpServices) found.add(service);
  }
  return found;
}

const isRcpId = ({ policies }: Snapshot, id: string) => policies.get(id)?.type === 'RESOURCE_CONTROL_POLICY';

/** The snapshot, and inline policies that stand without a dump: by ARN of user or role. */
interface State extends Snapshot {
  readonly extra: Map<string, Map<string, string>>;
  readonly boundaries: Map<string, string | undefined>;
}

const noExtra = new Map<string, Map<string, string>>();
const stateOf = (snapshot: Snapshot): State => ({ ...snapshot, extra: noExtra, boundaries: new Map() });

function applied(snapshot: Snapshot, changes: readonly Change[]): State {
  const state: State = {
    ...snapshot,
    units: new Map(snapshot.units),
    accounts: new Map(snapshot.accounts),
    policies: new Map(snapshot.policies),
    users: new Map(snapshot.users),
    roles: new Map(snapshot.roles),
    groups: new Map(snapshot.groups),
    managed: new Map(snapshot.managed),
    resourcePolicies: new Map(snapshot.resourcePolicies),
    extra: new Map(),
    boundaries: new Map(),
  };
  for (const change of changes) apply(state, change);
  return state;
}

function apply(state: State, change: Change): void {
  if (change.kind === 'attach') attach(state, change);
  else if (change.kind === 'detach') detach(state, change);
  else if (change.kind === 'content') replaceContent(state, change);
  else if (change.kind === 'managed') replaceManaged(state, change.arn, change.text);
  else if (change.kind === 'identity') changeIdentity(state, change);
  else if (change.kind === 'boundary') state.boundaries.set(change.arn, change.text);
  else state.resourcePolicies.set(change.arn, change.text ?? null);
}

type Kind<K extends Change['kind']> = Extract<Change, { readonly kind: K }>;

function attach(state: State, { id, text, type, target }: Kind<'attach'>): void {
  const known = state.policies.get(id);
  if (known && known.content !== text) throw new InputError(`Two policies are called ${id}: name one NAME=FILE@TARGET`);
  state.policies.set(id, { id, type: TYPES[type], name: id, content: text });
  reattach(state, target, TYPES[type], (ids) => (ids.includes(id) ? ids : [...ids, id]));
}

function detach(state: State, { id, target }: Kind<'detach'>): void {
  const type = state.policies.get(id)?.type;
  if (!type) throw new InputError(`No policy ${id} in the organization (--org)`);
  reattach(state, target, type, (ids) => {
    if (!ids.includes(id)) throw new InputError(`${id} is not attached to ${target}`);
    return ids.filter((one) => one !== id);
  });
}

function replaceContent(state: State, { id, text }: Kind<'content'>): void {
  const policy = state.policies.get(id);
  if (!policy) throw new InputError(`No policy ${id} in the organization (--org)`);
  state.policies.set(id, { ...policy, content: text });
}

const TYPES = { scp: 'SERVICE_CONTROL_POLICY', rcp: 'RESOURCE_CONTROL_POLICY' } as const;

function reattach(
  state: State,
  written: string,
  type: OrganizationPolicyType,
  edit: (ids: readonly string[]) => readonly string[],
): void {
  const target = written === 'root' ? (state.organization?.root ?? '') : written;
  const map: Map<string, { readonly attachments: object }> = state.units.has(target) ? state.units : state.accounts;
  const row = state.units.get(target) ?? state.accounts.get(target);
  if (!row) throw new InputError(`No root, OU or account ${written} in the organization (--org)`);
  enable(state, type);
  const now = state.units.get(target) ?? state.accounts.get(target) ?? row;
  map.set(target, { ...now, attachments: { ...now.attachments, [type]: edit(now.attachments[type] ?? []) } });
}

/** Enabling a type attaches AWS's policy that allows everything to all there is. */
function enable(state: State, type: OrganizationPolicyType): void {
  const root = state.organization && state.units.get(state.organization.root);
  if (!root || root.enabledTypes?.includes(type)) return;
  const full = type === TYPES.scp ? FULL_AWS_ACCESS.id : RCP_FULL_AWS_ACCESS.id;
  const attach = <Row extends Unit | Account>(rows: Map<string, Row>) => {
    for (const [id, row] of rows) rows.set(id, { ...row, attachments: { ...row.attachments, [type]: [full] } });
  };
  attach(state.units);
  attach(state.accounts);
  const now = state.units.get(root.id) ?? root;
  state.units.set(root.id, { ...now, enabledTypes: [...(root.enabledTypes ?? []), type] });
}

function replaceManaged(state: State, arn: string, text: string): void {
  const row = state.managed.get(arn);
  if (!row) throw new InputError(`No managed policy ${arn} in the dumps (--account)`);
  const version = { id: 'proposed', document: text, created: row.updated };
  state.managed.set(arn, { ...row, defaultVersion: 'proposed', versions: [...row.versions, version] });
}

function changeIdentity(state: State, change: Kind<'identity'>): void {
  const { arn, name, text } = change;
  for (const map of [state.users, state.roles, state.groups] as Map<string, ShadowRole | User>[]) {
    const row = map.get(arn);
    if (!row) continue;
    const { [name]: old, ...others } = row.inline;
    if (text === undefined && old === undefined && !row.attached.includes(name)) {
      throw new InputError(`${arn} has no policy ${name}`);
    }
    const attached = text === undefined ? row.attached.filter((policy) => policy !== name) : row.attached;
    map.set(arn, { ...row, attached, inline: text === undefined ? others : { ...row.inline, [name]: text } });
    return;
  }
  if (text === undefined || arn.includes(':group/')) throw new InputError(`${arn} is not in the dumps (--account)`);
  if (state.dumped.has(arn.split(':')[4] ?? '')) throw new InputError(`No ${arn} in the dumps (--account)`);
  const own = state.extra.get(arn) ?? new Map<string, string>();
  state.extra.set(arn, own.set(name, text));
}

// ── organization

type Guardrails = World['levels'];

/** Accounts in the same place have the same levels, and the same object for them. */
function guardrails(snapshot: Snapshot, after: State): Guardrails {
  const shared = new Map<string, Versions<Levels | undefined>>();
  const none: Versions<Levels | undefined> = { before: undefined, after: undefined };
  const byAccount = { scp: new Map<string, typeof none>(), rcp: new Map<string, typeof none>() };
  return (kind, account) => {
    if (account === null) return none;
    const found = byAccount[kind].get(account);
    if (found) return found;
    const [old, now] = [idsOf(snapshot, account, kind), idsOf(after, account, kind)];
    const signature = JSON.stringify([kind, old, now]);
    let made = shared.get(signature);
    if (!made) {
      made = versions(compiled(snapshot, old), compiled(after, now), sameLevels);
      shared.set(signature, made);
    }
    if (byAccount[kind].size >= rememberedMax) byAccount[kind].clear();
    byAccount[kind].set(account, made);
    return made;
  };
}

/** Ids of policies, level by level from the root; undefined where none apply. */
function idsOf(state: Snapshot, id: string, kind: GuardrailKind): readonly (readonly string[])[] | undefined {
  const { organization } = state;
  const account = state.accounts.get(id);
  if (!organization || !account || organization.management === id || organization.featureSet !== 'ALL')
    return undefined;
  const type = TYPES[kind];
  if (!state.units.get(organization.root)?.enabledTypes?.includes(type)) return undefined;
  const levels: (readonly string[])[] = [account.attachments[type] ?? []];
  for (let at = account.parent; at !== undefined; at = state.units.get(at)?.parent) {
    levels.unshift(state.units.get(at)?.attachments[type] ?? []);
  }
  return levels;
}

function compiled(state: Snapshot, ids: readonly (readonly string[])[] | undefined): Levels | undefined {
  return ids?.map((level) =>
    level.flatMap((id) => {
      const policy = state.policies.get(id);
      return policy ? [compilePolicy(policy.content, policy.name === id ? id : `${policy.name} (${id})`)] : [];
    }),
  );
}

function placeOf({ organization, accounts, units }: Snapshot, id: string): Place | undefined | null {
  if (!organization) return null;
  const account = accounts.get(id);
  if (!account) return undefined;
  const path: string[] = [];
  for (let at = account.parent; at !== undefined; at = units.get(at)?.parent) path.unshift(at);
  return {
    organization: organization.id,
    path: `${[organization.id, ...path].join('/')}/`,
    management: organization.management,
  };
}

// ── principals

function holderOf(state: Snapshot, arn: string): User | ShadowRole | undefined {
  return state.users.get(arn) ?? state.roles.get(arn);
}

function identityOf(snapshot: Snapshot | State, arn: string | undefined): Policies | null {
  const state = 'extra' in snapshot ? snapshot : stateOf(snapshot);
  if (arn === undefined) return null;
  const row = holderOf(state, arn);
  const extra = [...(state.extra.get(arn) ?? [])].map(([name, text]) => compilePolicy(text, name));
  if (!row) return extra.length > 0 ? extra : null;
  const groups = 'groups' in row ? row.groups.map((name) => groupOf(state, row.account, name)) : [];
  return [row, ...groups].flatMap((holder) => (holder ? held(state, holder) : []));
}

const groupOf = (state: Snapshot, account: string, name: string) =>
  [...state.groups.values()].find((group) => group.account === account && group.name === name);

function held(state: Snapshot, holder: Pick<User, 'inline' | 'attached'>): Policies {
  const inline = Object.entries(holder.inline).map(([name, text]) => compilePolicy(text, name));
  return [...inline, ...holder.attached.flatMap((arn) => managedOf(state, arn) ?? [])];
}

function managedOf(state: Snapshot, arn: string): CompiledPolicy | undefined {
  const row = state.managed.get(arn);
  const text = row?.versions.find(({ id }) => id === row.defaultVersion)?.document ?? managedPolicy(arn)?.document;
  return text === undefined ? undefined : compilePolicy(text, arn);
}

function boundaryOf(snapshot: Snapshot | State, arn: string | undefined): Known<CompiledPolicy> {
  if (arn === undefined) return null;
  if ('boundaries' in snapshot && snapshot.boundaries.has(arn)) {
    const text = snapshot.boundaries.get(arn);
    return text === undefined ? undefined : compilePolicy(text, 'permissions boundary');
  }
  const row = holderOf(snapshot, arn);
  if (!row) return null;
  return row.boundary === undefined ? undefined : (managedOf(snapshot, row.boundary) ?? null);
}

/** A session can bring tags of its own where the role's trust policy allows that: then nothing is sure. */
function tagsOf(snapshot: Snapshot, arn: string | undefined): Readonly<Record<string, string>> | null {
  const row = arn === undefined ? undefined : holderOf(snapshot, arn);
  if (!row) return null;
  if ('trust' in row && takesSessionTags(row.trust)) return null;
  return Object.fromEntries(row.tags.map(({ Key, Value }) => [Key, Value]));
}

const takesSessionTags = (trust: string) =>
  compilePolicy(trust).body.document.statements.some(
    ({ effect, action, notAction }) =>
      effect === 'Allow' && (notAction || action?.some((name) => /^(\*|sts:(\*|tag.*))$/i.test(name))),
  );

function finder(snapshot: Snapshot): World['find'] {
  const names = new Map<string, string>();
  const add = (kind: string, rows: ReadonlyMap<string, { readonly account: string; readonly name: string }>) => {
    for (const [arn, row] of rows) names.set(`${row.account} ${kind} ${row.name}`, arn);
  };
  add('user', snapshot.users);
  add('role', snapshot.roles);
  add('group', snapshot.groups);
  add('policy', snapshot.managed);
  return (account, kind, name) => names.get(`${account} ${kind} ${name}`);
}

// ── resources

/** A policy of a larger thing is that of its parts: an object's is its bucket's. */
const OWNERS: Readonly<Record<string, (arn: string) => string>> = {
  s3: (arn) => arn.split('/')[0] ?? arn,
  lambda: (arn) => arn.split(':').slice(0, 7).join(':'),
  dynamodb: (arn) => arn.replace(/\/(index|stream)\/.*$/, ''),
};

function resourceOf(snapshot: Snapshot, arn: string): Known<CompiledPolicy> {
  const owner = OWNERS[arn.split(':')[2] ?? '']?.(arn) ?? arn;
  const text = snapshot.resourcePolicies.get(arn) ?? snapshot.resourcePolicies.get(owner);
  if (text) return compilePolicy(text, owner);
  return snapshot.resourcePolicies.has(arn) || snapshot.resourcePolicies.has(owner) ? undefined : null;
}

// ── versions

const samePolicy = (a: Known<CompiledPolicy>, b: Known<CompiledPolicy>) => a === b || (!!a && !!b && a.body === b.body);
const samePolicies = (a: Policies | null, b: Policies | null) =>
  a === b || (!!a && !!b && a.length === b.length && a.every((policy, i) => policy.body === b[i]?.body));
const sameLevels = (a: Levels | undefined, b: Levels | undefined) =>
  a === b || (!!a && !!b && a.length === b.length && a.every((level, i) => samePolicies(level, b[i] ?? null)));

function versions<T>(before: T, after: T, same: (a: T, b: T) => boolean): Versions<T> {
  return same(before, after) ? { before, after: before } : { before, after };
}

const rememberedMax = 20_000;

/** Of undefined nothing needs to be remembered. */
function remembered<T>(make: (arn: string | undefined) => T): (arn: string | undefined) => T {
  const known = remember((arn: string) => make(arn));
  return (arn) => (arn === undefined ? make(arn) : known(arn));
}

function remember<T>(make: (key: string) => T): (key: string) => T {
  const known = new Map<string, T>();
  return (key) => {
    const found = known.get(key);
    if (found !== undefined || known.has(key)) return found as T;
    const made = make(key);
    if (known.size >= rememberedMax) known.clear();
    known.set(key, made);
    return made;
  };
}
