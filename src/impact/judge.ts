/** What becomes of one recorded call: the same as before, denied now, allowed now, or nobody can tell. */
import { contextOf, type Decision, decide, type PolicyRequest } from '../policy/index.ts';
import { mayHavePolicy } from '../shadow/resourcePolicies.ts';
import { authorizedOf } from './actions.ts';
import { type Caller, callerOf } from './callers.ts';
import { type Reader, readerOf, type Scene, type Told } from './keys.ts';
import { gapsOf, MAYBE, matchOf, NO, type PartialContext } from './partial.ts';
import { GAPS, type Layers, type Plan, planOfAllowed, planOfDenied } from './plans.ts';
import { type DeniedBy, deniedByOf, type Observed, observedOf, type TrailRecord } from './record.ts';
import { type Resource, resourcesOf } from './resources.ts';
import type { World } from './world.ts';

export type Outcome = 'same' | 'newlyDenied' | 'newlyAllowed' | 'unknown';

export interface Judgement {
  readonly outcome: Outcome;
  readonly observed: Observed;
  readonly caller: Caller;
  readonly action: string;
  readonly listed: boolean;
  /** What decided, of an outcome that is not the same. */
  readonly by?: DecidedBy | undefined;
  readonly resource?: string | undefined;
  /** Condition keys and policies that the answer hangs on and that are not known. */
  readonly gaps: readonly string[];
  readonly pathAssumed: boolean;
}

/** `scp.json, statement 2 (DenyRegions)`. */
export interface DecidedBy {
  readonly kind: string;
  readonly explicit: boolean;
  readonly policy: string | undefined;
  readonly statement: number | undefined;
  readonly sid: string | undefined;
}

/** Why a record has no authorization to replay. */
export interface Skipped {
  readonly skipped: string;
}

export type Judge = (record: TrailRecord) => Judgement | Skipped;

interface Verdict {
  readonly outcome: Outcome;
  readonly by?: DecidedBy | undefined;
  readonly gaps: readonly string[];
}

const SAME: Verdict = { outcome: 'same', gaps: [] };
const memoMax = 100_000;

/** A plan with its readers and the answers it has given. */
interface Ready {
  readonly plan: Plan;
  readonly readers: readonly (readonly [key: string, read: Reader])[];
  readonly answers: Map<string, Verdict>;
}

interface Memory {
  readonly plans: Map<string, Ready | null>;
  /** Of calls that only guardrails bear on: by their levels, then by action. */
  quick: WeakMap<object, Map<string, Ready | null>>;
  readonly numbers: WeakMap<object, number>;
  next: number;
  answers: number;
}

export function judgeOf(world: World): Judge {
  const memory: Memory = { plans: new Map(), quick: new WeakMap(), numbers: new WeakMap(), next: 1, answers: 0 };
  return (record) => {
    const authorized = authorizedOf(record);
    if (typeof authorized === 'string') return { skipped: authorized };
    const caller = callerOf(record);
    if (!caller) return { skipped: `callers that are not told (${record.userIdentity?.type ?? 'no type'})` };
    const observed = observedOf(record);
    let worst: Judgement | undefined;
    for (const action of authorized.actions) {
      const judged = judgeAction(world, memory, record, caller, action, observed, authorized.listed);
      if (!worst || RANK[judged.outcome] > RANK[worst.outcome]) worst = judged;
    }
    return worst ?? { skipped: 'events without an action' };
  };
}

/** Of several actions or resources of one call, what stands for the whole. */
const RANK: Readonly<Record<Outcome, number>> = { same: 0, newlyAllowed: 1, unknown: 2, newlyDenied: 3 };

function judgeAction(
  world: World,
  memory: Memory,
  record: TrailRecord,
  caller: Caller,
  action: string,
  observed: Observed,
  listed: boolean,
): Judgement {
  const common = { observed, caller, action, listed };
  const mayMatter = isTouched(world, caller, action);
  if (!mayMatter) return { ...common, ...SAME, pathAssumed: false };
  const early = touchesResources(world, action) || observed === 'denied' || caller.account === null;
  if (!early) {
    const ready = quickly(world, memory, record, caller, action);
    if (!ready) return { ...common, ...SAME, pathAssumed: false };
    if (!ready.plan.asksResource && !hasOwnSide(ready.plan)) {
      const verdict = answer(world, memory, record, caller, action, ANY, ready, observed);
      return { ...common, ...verdict, pathAssumed: false };
    }
  }
  return judgeResources(world, memory, record, common);
}

/** A call that succeeded, of which the resource's side stays as it is: mostly only the SCPs count. */
function quickly(world: World, memory: Memory, record: TrailRecord, caller: Caller, action: string): Ready | null {
  const scps = world.levels('scp', caller.account);
  const make = () => readyFor(world, memory, record, caller, action, 'allowed', undefined);
  if (changesCaller(world, caller) || caller.principal.type === 'FederatedUser') return make();
  let known = memory.quick.get(scps);
  if (!known) {
    known = new Map();
    memory.quick.set(scps, known);
  }
  let ready = known.get(action);
  if (ready === undefined) {
    ready = make();
    if (known.size >= memoMax) known.clear();
    known.set(action, ready);
  }
  return ready;
}

function changesCaller(world: World, { arn }: Caller): boolean {
  const [identity, boundary] = [world.identity(arn), world.boundary(arn)];
  return identity.before !== identity.after || boundary.before !== boundary.after;
}

const ANY: Resource = { arn: '*', exact: true, account: null, pathAssumed: false };
const hasOwnSide = (plan: Plan) => plan.kinds.has('identity') || plan.kinds.has('boundary');

type Common = Pick<Judgement, 'observed' | 'caller' | 'action' | 'listed'>;

function judgeResources(world: World, memory: Memory, record: TrailRecord, common: Common): Judgement {
  const { caller, action, observed } = common;
  let found: Judgement | undefined;
  let allowed = 0;
  const resources = resourcesOf(record, action, caller, world.find);
  for (const resource of resources) {
    const ready = readyFor(world, memory, record, caller, action, observed, resource);
    const verdict = ready ? answer(world, memory, record, caller, action, resource, ready, observed) : SAME;
    if (verdict.outcome === 'newlyAllowed') allowed++;
    const judged = { ...common, ...verdict, resource: resource.arn, pathAssumed: resource.pathAssumed };
    if (!found || RANK[judged.outcome] > RANK[found.outcome]) found = judged;
  }
  // A call about several things passes when it may do it to all of them.
  if (found?.outcome === 'newlyAllowed' && allowed < resources.length) found = { ...found, ...SAME };
  return found ?? { ...common, ...SAME, pathAssumed: false };
}

/** A quick no for most calls of most changes. */
function isTouched(world: World, caller: Caller, action: string): boolean {
  if (touchesResources(world, action)) return true;
  const scps = world.levels('scp', caller.account);
  if (scps.before !== scps.after) return true;
  return changesCaller(world, caller);
}

const touchesResources = ({ resourceServices }: World, action: string) =>
  resourceServices.size > 0 && resourceServices.has(action.slice(0, action.indexOf(':')));

function layersOf(world: World, record: TrailRecord, caller: Caller, resource: Resource | undefined): Layers {
  const owner = resource?.account ?? record.recipientAccountId ?? caller.account;
  const arn = resource?.arn ?? '*';
  const isRole = /^arn:[^:]+:iam::[^:]*:role\//.test(arn);
  const isKey = /^arn:[^:]+:kms:[^:]*:[^:]*:key\//.test(arn);
  const none = { before: undefined, after: undefined };
  return {
    scps: world.levels('scp', caller.account),
    rcps: world.levels('rcp', owner),
    identity: caller.account === null ? { before: NOBODY, after: NOBODY } : identityOf(world, caller),
    boundary: caller.principal.type === 'Root' || caller.account === null ? none : world.boundary(caller.arn),
    resource: resource?.exact ? world.resource(arn) : { before: null, after: null },
    own: isRole || isKey ? 'decides' : resource === undefined || mayHavePolicy(arn) ? 'perhaps' : 'none',
    crossAccount: owner !== null && owner !== caller.account,
    federated: caller.principal.type === 'FederatedUser',
  };
}

const NOBODY: readonly never[] = [];
const identityOf = (world: World, caller: Caller) =>
  caller.principal.type === 'Root' ? { before: NOBODY, after: NOBODY } : world.identity(caller.arn);

function readyFor(
  world: World,
  memory: Memory,
  record: TrailRecord,
  caller: Caller,
  action: string,
  observed: Observed,
  resource: Resource | undefined,
): Ready | null {
  const layers = layersOf(world, record, caller, resource);
  const key = planKey(memory, layers, action, observed);
  const known = memory.plans.get(key);
  if (known !== undefined) return known;
  const plan =
    observed === 'allowed' ? planOfAllowed(layers, action, caller.account ?? '') : planOfDenied(layers, action);
  const readers = plan?.keys.map((name) => [name, readerOf(name)] as const) ?? [];
  const ready = plan ? { plan, readers, answers: new Map<string, Verdict>() } : null;
  if (memory.plans.size >= memoMax) forget(memory);
  memory.plans.set(key, ready);
  return ready;
}

/** Answers hang on plans: both go. */
function forget(memory: Memory): void {
  memory.plans.clear();
  memory.quick = new WeakMap();
  memory.answers = 0;
}

/** Versions are shared objects: their numbers stand for them. */
function planKey(memory: Memory, layers: Layers, action: string, observed: Observed): string {
  const { scps, rcps, identity, boundary, resource, own, crossAccount, federated } = layers;
  let key = `${action} ${observed} ${own} ${crossAccount ? 'x' : 's'}${federated ? 'f' : ''}`;
  for (const versions of [scps, rcps, identity, boundary, resource]) {
    key += ` ${numberOf(memory, versions.before)}:${versions.before === versions.after ? '' : numberOf(memory, versions.after)}`;
  }
  return key;
}

function numberOf(memory: Memory, thing: object | null | undefined): string {
  if (thing === null) return 'n';
  if (thing === undefined) return 'u';
  const found = memory.numbers.get(thing);
  if (found !== undefined) return String(found);
  memory.numbers.set(thing, memory.next);
  return String(memory.next++);
}

function answer(
  world: World,
  memory: Memory,
  record: TrailRecord,
  caller: Caller,
  action: string,
  resource: Resource,
  ready: Ready,
  observed: Observed,
): Verdict {
  const { plan } = ready;
  const resourceAccount = resource.account ?? record.recipientAccountId ?? caller.account;
  const tags = caller.account === null ? null : world.tags(caller.arn);
  const scene: Scene = { record, caller, action, resourceAccount, place: world.place, tags };
  const hint = observed === 'denied' ? deniedByOf(record) : undefined;
  const told: Told[] = [];
  let key = `${caller.principal.type}${caller.linked ? 'l' : ''} ${caller.account === resourceAccount ? '' : resourceAccount}`;
  if (hint) key += ` ${hint.kind}${hint.explicit}`;
  if (record.vpcEndpointId !== undefined) key += ' e';
  if (plan.asksPrincipal)
    key += ` ${caller.principal.arn}${caller.principal.service} ${record.userIdentity?.principalId}`;
  if (plan.asksResource || plan.kinds.has('resource')) key += ` ${resource.arn}${resource.exact ? '' : '?'}`;
  else key += resource.arn === '*' ? '*' : '';
  for (const [, read] of ready.readers) {
    const value = read(scene);
    told.push(value);
    key += `\n${value === null ? '\u0000' : value === undefined ? '\u0001' : value}`;
  }
  const known = ready.answers.get(key);
  if (known) return known;
  if (memory.answers >= memoMax) forget(memory);
  const asked = { scene, told, resource, ready, hint };
  const verdict = observed === 'allowed' ? afterSuccess(world, asked) : afterRefusal(world, asked);
  ready.answers.set(key, verdict);
  memory.answers++;
  return verdict;
}

interface Asked {
  readonly scene: Scene;
  readonly told: readonly Told[];
  readonly resource: Resource;
  readonly ready: Ready;
  readonly hint: DeniedBy | undefined;
}

function requestOf(world: World, { scene, told, resource, ready }: Asked): PolicyRequest & { context: PartialContext } {
  const { caller, record, action, resourceAccount } = scene;
  const entries: Record<string, string | readonly string[] | undefined> = {};
  const unknown = new Set<string>();
  for (const [i, [name]] of ready.readers.entries()) {
    const value = told[i];
    if (value === null) unknown.add(name);
    else if (value !== undefined) entries[name] = value;
  }
  entries['aws:PrincipalArn'] ??= entries['aws:principalarn'] ?? caller.arn;
  entries['aws:userid'] ??= record.userIdentity?.principalId;
  delete entries['aws:principalarn'];
  const context: PartialContext = { ...contextOf(entries), unknown, resource: resource.arn, exact: resource.exact };
  return {
    ...{ principal: caller.principal, action, resource: resource.arn, context },
    ...{ principalAccount: caller.account, resourceAccount },
    flags: {
      principalAccountIsManagement: world.isManagement(caller.account),
      resourceAccountIsManagement: world.isManagement(resourceAccount),
      principalIsServiceLinkedRole: caller.linked,
    },
  };
}

function afterSuccess(world: World, asked: Asked): Verdict {
  const { plan } = asked.ready;
  const request = requestOf(world, asked);
  const hidden = hiddenPrincipal(asked, request.context);
  if (hidden) return { outcome: 'unknown', gaps: hidden };
  const best = decide(request, plan.optimistic);
  if (best.verdict !== 'Allowed') {
    // Rules of services that hold with and without the change say nothing about it.
    if (best.verdict === 'ImplicitlyDenied' && !(best.kind && plan.kinds.has(best.kind))) return SAME;
    return { outcome: 'newlyDenied', by: decidedBy(best), gaps: [] };
  }
  const worst = decide(request, plan.pessimistic);
  if (worst.verdict === 'Allowed') return SAME;
  if (worst.verdict === 'ImplicitlyDenied' && !(worst.kind && plan.kinds.has(worst.kind)) && worst.kind !== 'identity')
    return SAME;
  return { outcome: 'unknown', by: decidedBy(worst), gaps: gapsIn(asked, request.context, missingAfterSuccess(asked)) };
}

/** What to name when no condition key is missing: the other side's policies. */
function missingAfterSuccess({ ready, resource }: Asked): readonly string[] {
  const { kinds } = ready.plan;
  if (kinds.has('resource')) return [GAPS.identity];
  return kinds.has('identity') || kinds.has('boundary') ? [`${GAPS.resource} of ${resource.arn}`] : [];
}

function afterRefusal(world: World, asked: Asked): Verdict {
  const { plan } = asked.ready;
  const { hint } = asked;
  if (hint && !liftsHint(plan, hint)) return SAME;
  const request = requestOf(world, asked);
  const best = decide(request, plan.optimistic);
  if (best.verdict !== 'Allowed') return SAME;
  const before = plan.before && decide(request, plan.before);
  // What the change lifts cannot have been in the way of this call.
  const known = plan.gaps.length === 0;
  if (known && plan.statements.every((statement) => matchOf(statement, request.context) === NO)) return SAME;
  const gaps = [...plan.gaps];
  if (before?.verdict === 'Allowed' && !gapsIn(asked, request.context, []).length) gaps.push(GAPS.unexplained);
  if (asked.scene.record.vpcEndpointId !== undefined) gaps.push(GAPS.endpoint);
  const worst = decide(request, plan.pessimistic);
  if (worst.verdict === 'Allowed' && gaps.length === 0 && before?.verdict !== 'Allowed') {
    return { outcome: 'newlyAllowed', by: before && decidedBy(before), gaps: [] };
  }
  return { outcome: 'unknown', by: before && decidedBy(before), gaps: gapsIn(asked, request.context, gaps) };
}

/** Whether the change touches the kind of policy that AWS named. Either side can grant where the other does not. */
function liftsHint({ kinds }: Plan, { kind, explicit }: DeniedBy): boolean {
  if (kinds.has(kind)) return true;
  return !explicit && (kind === 'identity' || kind === 'resource') && (kinds.has('identity') || kinds.has('resource'));
}

/** A caller whose ARN the record hides cannot be told apart from those whom a statement names. */
function hiddenPrincipal({ scene, ready }: Asked, context: PartialContext): readonly string[] | undefined {
  if (scene.caller.arnTold || !ready.plan.asksPrincipal) return undefined;
  const named = ready.plan.statements.some(
    (s) => ((s.principal ?? s.notPrincipal)?.names.length ?? 0) > 0 && matchOf(s, context) !== NO,
  );
  return named ? ['the ARN of the caller'] : undefined;
}

function gapsIn({ ready }: Asked, context: PartialContext, others: readonly string[]): readonly string[] {
  const keys = ready.plan.statements.filter((s) => matchOf(s, context) === MAYBE).flatMap((s) => gapsOf(s, context));
  return keys.length > 0 && others.length === 0 ? [...new Set(keys)].sort() : [...new Set([...keys, ...others])].sort();
}

function decidedBy({ kind, policy, statement, verdict }: Decision): DecidedBy {
  return {
    kind: kind ?? 'identity',
    explicit: verdict === 'ExplicitlyDenied',
    policy: verdict === 'ExplicitlyDenied' ? policy?.name : undefined,
    statement: verdict === 'ExplicitlyDenied' && statement ? statement.index + 1 : undefined,
    sid: verdict === 'ExplicitlyDenied' ? statement?.sid : undefined,
  };
}
