/** Putting and deleting retention policies of an account, and what that would come to. */
import {
  type DryRunResult,
  InvalidParameterException,
  LimitExceededException,
  type LogGroupImpact,
} from '@aws-sdk/client-cloudwatch-logs';
import type { Context } from '../../../core/context.ts';
import { fail } from '../../../core/errors.ts';
import { everyRow } from '../../../store/everyRow.ts';
import type { Given } from '../accountPolicyKinds.ts';
import { pacer } from '../breath.ts';
import { DAY_MS, type LogGroup, logGroups, retentionOf } from '../groupRows.ts';
import { prefixesIn } from '../selectionCriteria.ts';
import { storedBytes } from '../usage.ts';
import { applyNow, planApplying } from './applying.ts';
import {
  isFor,
  lengthOf,
  NEVER,
  POLICIES_MAX,
  type RetentionPolicy,
  retained,
  retentionPolicies,
  retentionPoliciesOf,
  type Terms,
} from './rows.ts';

const DAYS: readonly unknown[] = [
  ...[30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653],
  NEVER,
];
const MODES: readonly unknown[] = ['NEW_ONLY', 'RETROACTIVE'];
const KEYS = new Set(['retentionInDays', 'enforcementMode']);

/** @throws InvalidParameterException */
function termsIn({ document, criteria }: Given): Terms {
  const invalid = (why: string): never => fail(InvalidParameterException, `Invalid retention policy: ${why}.`);
  let given: { readonly retentionInDays?: unknown; readonly enforcementMode?: unknown };
  try {
    given = JSON.parse(document);
  } catch {
    return invalid('it is no JSON');
  }
  if (typeof given !== 'object' || given === null || Array.isArray(given)) return invalid('it is no JSON object');
  const unknown = Object.keys(given).find((key) => !KEYS.has(key));
  if (unknown !== undefined) invalid(`${unknown} is not supported`);
  const { retentionInDays: days, enforcementMode: mode } = given;
  if (!DAYS.includes(days)) invalid(`retentionInDays is one of ${DAYS.join(', ')}`);
  if (!MODES.includes(mode)) invalid('enforcementMode is NEW_ONLY or RETROACTIVE');
  return { days: days as Terms['days'], newOnly: mode === 'NEW_ONLY', prefixes: prefixesIn(criteria) };
}

export async function keepRetention(given: Given, ctx: Context): Promise<RetentionPolicy> {
  const terms = termsIn(given);
  const policies = await retentionPoliciesOf(ctx, ctx);
  const before = policies.find(({ name }) => name === given.name);
  if (!before && policies.length >= POLICIES_MAX) {
    fail(LimitExceededException, `At most ${POLICIES_MAX} policies of this type are allowed.`);
  }
  const policy = proposed(given, before, ctx);
  const kept: RetentionPolicy = {
    ...policy,
    current: before?.current,
    next: { terms, from: ctx.now.getTime() + DAY_MS },
  };
  await ctx.store.replace(retentionPolicies, kept);
  await planApplying(ctx);
  return kept;
}

/** As if it counted by now. */
function proposed(given: Given, before: RetentionPolicy | undefined, ctx: Context): RetentionPolicy {
  const { account, region } = ctx;
  const updated = ctx.now.getTime();
  const created = before?.created ?? updated;
  return { account, region, type: 'RETENTION_POLICY', ...given, created, updated, current: termsIn(given) };
}

export async function dropRetention(name: string, ctx: Context): Promise<void> {
  await ctx.store.remove(retentionPolicies, [ctx.account, ctx.region, name]);
  await applyNow(ctx);
}

/** What a policy would come to. */
export async function impactOf(given: Given, ctx: Context): Promise<DryRunResult> {
  const policies = await retentionPoliciesOf(ctx, ctx);
  const policy = proposed(
    given,
    policies.find(({ name }) => name === given.name),
    ctx,
  );
  const others = policies.filter(({ name }) => name !== given.name);
  return impact(ctx, [...others, policy], policy);
}

/** What its end would come to. */
export async function impactOfDeletion(name: string, ctx: Context): Promise<DryRunResult> {
  const policies = await retentionPoliciesOf(ctx, ctx);
  const policy = policies.find((one) => one.name === name)!;
  return impact(
    ctx,
    policies.filter((one) => one !== policy),
    { ...policy, current: policy.current ?? policy.next?.terms },
  );
}

interface Impact extends LogGroupImpact {
  readonly storedBytes: number;
}

const TOP_MAX = 20;

/** `policies` count afterwards; groups are looked at that `policy` is for. */
async function impact(
  ctx: Context,
  policies: readonly RetentionPolicy[],
  policy: RetentionPolicy,
): Promise<DryRunResult> {
  const { account, region } = ctx;
  const counts = { increased: 0, decreased: 0, unchanged: 0 };
  let top: Impact[] = [];
  const pace = pacer();
  for await (const group of everyRow(ctx.store, logGroups, [account, region])) {
    const pause = pace();
    if (pause) await pause;
    if (!isFor(policy, group)) continue;
    const before = retentionOf(group);
    const after = retentionOf(retained(group, policies));
    const change = Math.sign(lengthOf(after) - lengthOf(before) || 0);
    counts[change > 0 ? 'increased' : change < 0 ? 'decreased' : 'unchanged']++;
    top.push(impactOn(group, before, after, await storedBytes(ctx.store, group.id)));
    if (top.length >= 2 * TOP_MAX) top = largest(top);
  }
  return {
    totalMatchedLogGroups: counts.increased + counts.decreased + counts.unchanged,
    increasedRetentionLogGroupCount: counts.increased,
    decreasedRetentionLogGroupCount: counts.decreased,
    unchangedRetentionLogGroupCount: counts.unchanged,
    failedAnalysisCount: 0,
    topLogGroupsImpacted: largest(top),
  };
}

const largest = (all: readonly Impact[]): Impact[] =>
  all.toSorted((a, b) => b.storedBytes - a.storedBytes).slice(0, TOP_MAX);

const impactOn = (
  { name }: LogGroup,
  before: number | undefined,
  after: number | undefined,
  bytes: number,
): Impact => ({
  logGroupName: name,
  currentRetention: String(before ?? NEVER),
  proposedRetention: String(after ?? NEVER),
  storedBytes: bytes,
});
