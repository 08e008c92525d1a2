/**
 * What a change can mean to one kind of call: one action by callers under the same policies. Made once, asked often.
 *
 * A call that succeeded tells that everything in force allowed it, known to us or not. So only what the change adds or
 * takes away is looked at: denies that are new, and layers that lost an allow. A deny that was there before did not
 * match, whatever it asks. A call that was refused tells less: it is only "newly allowed" when every layer is known
 * and allows it.
 */
import { type CompiledPolicy, compilePolicy, type Reached, reached, type Statement } from '../policy/compile.ts';
import type { PolicyKind, PolicySet } from '../policy/request.ts';
import { keysOfStatement, policyFrom, read, readPolicies } from './partial.ts';
import type { Known, Levels, Policies, Versions } from './world.ts';

/** The layers of a call, before and after; the same object twice where nothing changed. */
export interface Layers {
  readonly scps: Versions<Levels | undefined>;
  readonly rcps: Versions<Levels | undefined>;
  readonly identity: Versions<Policies | null>;
  readonly boundary: Versions<Known<CompiledPolicy>>;
  readonly resource: Versions<Known<CompiledPolicy>>;
  /** What the resource's own policy may be when it is not known. */
  readonly own: 'none' | 'perhaps' | 'decides';
  readonly crossAccount: boolean;
  /** A federated user needs a session policy. */
  readonly federated: boolean;
}

export interface Plan {
  /** Read towards "allowed": when even this is denied, the call is. And towards "denied". */
  readonly optimistic: PolicySet;
  readonly pessimistic: PolicySet;
  /** Before the change, towards "allowed"; of refused calls only. */
  readonly before: PolicySet | undefined;
  /** Kinds that lost allows or got denies; of refused calls, that lost denies or got allows. */
  readonly kinds: ReadonlySet<PolicyKind>;
  readonly statements: readonly Statement[];
  readonly keys: readonly string[];
  readonly asksResource: boolean;
  readonly asksPrincipal: boolean;
  /** Policies that the answer hangs on and that are not known. */
  readonly gaps: readonly string[];
}

export const GAPS = {
  identity: 'identity-based policies (--account)',
  boundary: 'permissions boundary (--account)',
  resource: 'resource-based policy (--policies)',
  endpoint: 'VPC endpoint policy',
  unexplained: 'why it was denied',
} as const;

const ALL_TEXT = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}';
const OPEN_TEXT = ALL_TEXT.replace('"Action"', '"Principal":"*","Action"');
const all = compilePolicy(ALL_TEXT);
const open = compilePolicy(OPEN_TEXT);
const nothing = compilePolicy('{"Version":"2012-10-17","Statement":[]}');
/** Allows every account to let its own principals: the level at which identity-based policies are asked too. */
const delegated = (account: string) =>
  compilePolicy(OPEN_TEXT.replace('"Principal":"*"', `"Principal":{"AWS":"${account}"}`));

const ids = new WeakMap<Statement, string>();

/** Statements are the same when their text is. */
function idOf(policy: CompiledPolicy, statement: Statement): string {
  const found = ids.get(statement);
  if (found) return found;
  const { text, document } = policy.body;
  const made = `${document.variables} ${text.slice(statement.start, statement.end)}`;
  ids.set(statement, made);
  return made;
}

const idsOf = (policies: Policies, action: string, effect: keyof Reached) =>
  new Set(policies.flatMap((policy) => reached(policy.body, action)[effect].map((s) => idOf(policy, s))));

/** The policies of one side with only those statements that the other side has not. */
function without(policies: Policies, other: Policies, action: string, effect: keyof Reached): CompiledPolicy[] {
  const known = idsOf(other, action, effect);
  return policies.flatMap((policy) => {
    const left = reached(policy.body, action)[effect].filter((statement) => !known.has(idOf(policy, statement)));
    if (left.length === 0) return [];
    const none: Reached = { denies: [], allows: [] };
    return [policyFrom({ ...none, [effect]: left }, action, policy.name)];
  });
}

const listed = (policy: Known<CompiledPolicy>): Policies => (policy ? [policy] : []);

interface Making {
  readonly action: string;
  readonly statements: Statement[];
  readonly kinds: Set<PolicyKind>;
  readonly gaps: Set<string>;
}

const start = (action: string): Making => ({ action, statements: [], kinds: new Set(), gaps: new Set() });

function note(making: Making, kind: PolicyKind | undefined, policies: Policies): void {
  if (kind && policies.length > 0) making.kinds.add(kind);
  for (const policy of policies) {
    const { denies, allows } = reached(policy.body, making.action);
    making.statements.push(...denies, ...allows);
  }
}

/** A plan for calls that succeeded; undefined when the change cannot touch them. */
export function planOfAllowed(layers: Layers, action: string, account: string): Plan | undefined {
  const making = start(action);
  const scps = guardLevels(making, 'scp', layers.scps);
  const rcps = guardLevels(making, 'rcp', layers.rcps);
  const identity = denied(making, 'identity', layers.identity.before ?? [], layers.identity.after ?? []);
  const boundary = denied(making, 'boundary', listed(layers.boundary.before), listed(layers.boundary.after));
  const resource = denied(making, 'resource', listed(layers.resource.before), listed(layers.resource.after));
  const losses = lossesOf(making, layers);
  if (making.statements.length === 0 && making.kinds.size === 0) return undefined;
  const both = (towards: 'allowed' | 'denied'): PolicySet => ({
    scps: scps?.map((level) => readPolicies(level, action, towards)),
    rcps: rcps?.map((level) => readPolicies(level, action, towards)),
    identity: [...readPolicies(identity, action, towards), ...callerAllows(layers, losses, action, towards)],
    boundary: boundaryRead(layers, boundary, losses, action, towards),
    resource: ownRead(layers, resource, losses, action, account, towards),
    ...(layers.federated && { session: [all] }),
  });
  return finished(making, both('allowed'), both('denied'), undefined);
}

/** Levels with the denies that are new; allows only where some were lost. Undefined when nothing changed. */
function guardLevels(making: Making, kind: 'scp' | 'rcp', { before, after }: Layers['scps']): Levels | undefined {
  if (before === after || !after) return undefined;
  const { action } = making;
  const added = denied(making, kind, (before ?? []).flat(), after.flat());
  const levels: Policies[] = [[...added, kind === 'rcp' ? open : all]];
  for (const [i, level] of after.entries()) {
    // What had no allow before was not what let the call pass: a place that is new binds from now on.
    const lost = before
      ? without(before[i] ?? [], level, action, 'allows').length > 0
      : !allowsEverything(level, action);
    if (!lost) continue;
    const allows = level.map((policy) =>
      policyFrom({ denies: [], allows: reached(policy.body, action).allows }, action, policy.name),
    );
    note(making, undefined, [...allows, ...(before?.[i] ?? [])]);
    making.kinds.add(kind);
    levels.push(allows);
  }
  return levels;
}

const allowsEverything = (level: Policies, action: string) =>
  level.some((policy) =>
    reached(policy.body, action).allows.some(
      ({ conditions, resources }) => conditions.length === 0 && resources?.some(({ source }) => source === '*'),
    ),
  );

function denied(making: Making, kind: PolicyKind, before: Policies, after: Policies): Policies {
  if (before === after) return [];
  const added = without(after, before, making.action, 'denies');
  note(making, kind, added);
  return added;
}

interface Losses {
  readonly identity: boolean;
  readonly boundary: boolean;
  readonly resource: boolean;
}

function lossesOf(making: Making, { identity, boundary, resource }: Layers): Losses {
  const { action } = making;
  const lost = (before: Policies, after: Policies) => without(before, after, action, 'allows').length > 0;
  const losses = {
    identity: identity.before !== null && lost(identity.before, identity.after ?? []),
    boundary: boundary.before !== boundary.after && !!boundary.after && lostBoundary(boundary, action),
    resource:
      resource.before !== resource.after &&
      (resource.before === null || lost(listed(resource.before), listed(resource.after))),
  };
  if (losses.identity) note(making, 'identity', [...(identity.before ?? []), ...(identity.after ?? [])]);
  if (losses.boundary) note(making, 'boundary', [...listed(boundary.before), ...listed(boundary.after)]);
  if (losses.resource) note(making, 'resource', [...listed(resource.before), ...listed(resource.after)]);
  // Where the caller's policies no longer grant, the resource's own is asked.
  if (losses.identity || losses.boundary) note(making, undefined, listed(resource.after));
  if (losses.identity) making.kinds.add('identity');
  if (losses.boundary) making.kinds.add('boundary');
  if (losses.resource) {
    // Where the resource no longer grants, the caller's own policies are asked.
    for (const kind of ['resource', 'trust', 'identity', 'boundary'] as const) making.kinds.add(kind);
    note(making, undefined, [...(identity.after ?? []), ...listed(boundary.after)]);
  }
  return losses;
}

/** Where there was no boundary, or one we do not know, the new one has to allow by itself. */
const lostBoundary = ({ before, after }: Layers['boundary'], action: string) =>
  !before || without([before], listed(after), action, 'allows').length > 0;

/** The resource's own policy may no longer allow: then, within one account, the caller's own policies have to. */
const asksCaller = (layers: Layers, losses: Losses) => losses.resource && !layers.crossAccount;

function callerAllows(layers: Layers, losses: Losses, action: string, towards: 'allowed' | 'denied'): Policies {
  const { identity } = layers;
  if (losses.identity) return readAllows(identity.after ?? [], action, towards);
  if (!asksCaller(layers, losses)) return [all];
  const known = readAllows(identity.after ?? [], action, towards);
  return identity.before === null && towards === 'allowed' ? [...known, all] : known;
}

const readAllows = (policies: Policies, action: string, towards: 'allowed' | 'denied') =>
  policies.map((policy) =>
    policyFrom(read({ denies: [], allows: reached(policy.body, action).allows }, towards), action, policy.name),
  );

function boundaryRead(
  layers: Layers,
  added: Policies,
  losses: Losses,
  action: string,
  towards: 'allowed' | 'denied',
): CompiledPolicy | undefined {
  const { before, after } = layers.boundary;
  const asked = losses.boundary || asksCaller(layers, losses);
  if (after === undefined || (before === after && !asked)) return undefined;
  const denies = added.flatMap((policy) => reached(policy.body, action).denies);
  const free = after === null ? towards === 'allowed' : !asked;
  const allows = reached((free ? all : (after ?? nothing)).body, action).allows;
  return policyFrom(read({ denies, allows }, towards), action, after?.name);
}

/** The resource's side. Unless it lost something it did its part before and does it now. */
function ownRead(
  layers: Layers,
  added: Policies,
  losses: Losses,
  action: string,
  account: string,
  towards: 'allowed' | 'denied',
): CompiledPolicy | undefined {
  const denies = added.flatMap((policy) => reached(policy.body, action).denies);
  const name = added[0]?.name ?? layers.resource.after?.name;
  const made = (allows: readonly Statement[]) => policyFrom(read({ denies, allows }, towards), action, name);
  const allowing = (policy: CompiledPolicy) => made(reached(policy.body, action).allows);
  if (losses.resource) {
    const { after } = layers.resource;
    return after === null ? undefined : made(after ? reached(after.body, action).allows : []);
  }
  if (!losses.identity && !losses.boundary) return allowing(open);
  if (layers.resource.after) return allowing(layers.resource.after);
  if (layers.crossAccount || layers.own === 'decides')
    return allowing(towards === 'allowed' ? open : delegated(account));
  return layers.own === 'perhaps' && towards === 'allowed' ? allowing(open) : made([]);
}

/** A plan for calls that were refused; undefined when the change can let none of them pass. */
export function planOfDenied(layers: Layers, action: string): Plan | undefined {
  const making = start(action);
  lifted(making, 'scp', (layers.scps.before ?? []).flat(), (layers.scps.after ?? []).flat(), layers.scps);
  lifted(making, 'rcp', (layers.rcps.before ?? []).flat(), (layers.rcps.after ?? []).flat(), layers.rcps);
  lifted(making, 'identity', layers.identity.before ?? [], layers.identity.after ?? [], layers.identity);
  lifted(making, 'boundary', listed(layers.boundary.before), listed(layers.boundary.after), layers.boundary);
  lifted(making, 'resource', listed(layers.resource.before), listed(layers.resource.after), layers.resource);
  // What a policy that is not known denied may be lifted with it.
  if (layers.resource.before === null && layers.resource.after !== null) making.kinds.add('resource');
  if (making.kinds.size === 0) return undefined;
  if (making.kinds.has('resource')) making.kinds.add('trust');
  if (layers.identity.before === null) making.gaps.add(GAPS.identity);
  if (layers.boundary.after === null) making.gaps.add(GAPS.boundary);
  if (layers.resource.after === null && layers.own !== 'none') making.gaps.add(GAPS.resource);
  if (making.kinds.has('resource') && layers.resource.before === null) making.gaps.add(GAPS.resource);
  for (const policies of wholeOf(layers, 'after')) note(making, undefined, policies);
  for (const policies of wholeOf(layers, 'before')) note(making, undefined, policies);
  const whole = (version: 'before' | 'after', towards: 'allowed' | 'denied') =>
    wholeSet(layers, version, action, towards);
  return finished(making, whole('after', 'allowed'), whole('after', 'denied'), whole('before', 'allowed'));
}

/** The kind counts when denies went or allows came. */
function lifted(making: Making, kind: PolicyKind, before: Policies, after: Policies, same: Versions<unknown>): void {
  if (same.before === same.after) return;
  const { action } = making;
  const went = without(before, after, action, 'denies').length > 0;
  const came = without(after, before, action, 'allows').length > 0;
  const gone = kind === 'boundary' && before.length > 0 && after.length === 0;
  if (went || came || gone) making.kinds.add(kind);
}

function wholeOf(layers: Layers, version: 'before' | 'after'): Policies[] {
  const { scps, rcps, identity, boundary, resource } = layers;
  const guards = [...(scps[version] ?? []), ...(rcps[version] ?? [])];
  return [...guards, identity[version] ?? [], listed(boundary[version]), listed(resource[version])];
}

function wholeSet(
  layers: Layers,
  version: 'before' | 'after',
  action: string,
  towards: 'allowed' | 'denied',
): PolicySet {
  const { scps, rcps, identity, boundary, resource } = layers;
  const one = (policy: Known<CompiledPolicy>) =>
    policy && policyFrom(read(reached(policy.body, action), towards), action, policy.name);
  const optimist = towards === 'allowed';
  // Without the caller's dump only what the change itself says of it is known.
  const unknownCaller = identity.before === null && optimist ? [all] : [];
  const own = resource[version];
  return {
    scps: scps[version]?.map((level) => readPolicies(level, action, towards)),
    rcps: rcps[version]?.map((level) => readPolicies(level, action, towards)),
    identity: [...readPolicies(identity[version] ?? [], action, towards), ...unknownCaller],
    boundary: one(boundary[version]) ?? undefined,
    resource: own === null ? (optimist && layers.own !== 'none' ? open : undefined) : (one(own) ?? undefined),
    ...(layers.federated && { session: [all] }),
  };
}

function finished(making: Making, optimistic: PolicySet, pessimistic: PolicySet, before: PolicySet | undefined): Plan {
  const statements = [...new Set(making.statements)];
  const named = (s: Statement) => s.principal?.element.any === false || s.notPrincipal !== undefined;
  return {
    ...{ optimistic, pessimistic, before, statements, kinds: making.kinds, gaps: [...making.gaps] },
    keys: [...new Set(statements.flatMap(keysOfStatement))].sort(),
    asksResource: statements.some((s) =>
      [...(s.resources ?? []), ...(s.notResources ?? [])].some((t) => t.source !== '*'),
    ),
    asksPrincipal: statements.some(named),
  };
}
