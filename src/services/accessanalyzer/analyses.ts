/**
 * Looking. AWS scans within minutes of a change and all over once a day; here findings are brought up to date every
 * minute (scan.ts) and when somebody asks for them, account by account, wherever something changed since the last
 * look. What is seen anew becomes a finding, what is no longer seen is resolved, and ninety days later forgotten.
 */
import type { Context } from '../../core/context.ts';
import { chainOf } from '../../identity/organization.ts';
import { everyRow } from '../../store/everyRow.ts';
import { table } from '../../store/store.ts';
import { analyzedResources, forgetResourcesOf, noteResources } from './analyzedResourceRows.ts';
import type { Analyzer } from './analyzerRows.ts';
import { archiveFilters } from './archiveRuleRows.ts';
import { accountChanges } from './changes.ts';
import { isInternal, isUnused } from './configurations.ts';
import { type Filter, passes } from './filters.ts';
import { tell } from './findingEvents.ts';
import { type Finding, filterableOf, findings, idOf, type Observation } from './findingRows.ts';
import { observeExternal } from './observeExternal.ts';
import { observeInternal } from './observeInternal.ts';
import { observeUnused } from './observeUnused.ts';
import { statusOf } from './organizationScope.ts';
import { type Zone, zoneOf } from './zone.ts';

/** The last look of an analyzer at an account. */
export interface Analysis {
  /** Id of the analyzer. */
  readonly analyzer: string;
  readonly account: string;
  readonly time: string;
  /** Count of changes then, and what else the result hangs on. */
  readonly basis: string;
  /** ARN of what was looked at last. */
  readonly resource?: string;
}

export const analyses = table<Analysis>('accessanalyzer_analysis', { key: (a) => [a.analyzer, a.account] });

const DAY = 24 * 3600 * 1000;
const RESOLVED_KEPT = 90 * DAY;
/** Unused access comes of time passing, and goes with use, which changes nothing. */
const UNUSED_STALE = 3600 * 1000;

/** What an observer gives: findings to be, and the resources it looked at. */
export interface Observed {
  readonly observations: readonly Observation[];
  readonly resources: readonly LookedAt[];
}

export interface LookedAt {
  readonly arn: string;
  readonly type: string;
}

/** Brings the analyzer's findings up to date. Those of a disabled analyzer stay as they are. */
export async function refresh(ctx: Context, analyzer: Analyzer): Promise<void> {
  if ((await statusOf(ctx, analyzer)).status !== 'ACTIVE') return;
  await ctx.journal.catchUp();
  const zone = await zoneOf(ctx, analyzer);
  const shared = JSON.stringify([[...zone.accounts], zone.organization, analyzer.configuration]);
  let filters: Filter[] | undefined;
  for (const account of zone.accounts) {
    const basis = `${await changesOf(ctx, account)} ${digestOf(shared)}`;
    const last = await ctx.store.get(analyses, [analyzer.id, account]);
    if (last?.basis === basis && !isStale(ctx, analyzer, last)) continue;
    filters ??= await archiveFilters(ctx, analyzer);
    await look(ctx, analyzer, zone, { account, basis, filters });
  }
  for await (const { account } of everyRow(ctx.store, analyses, [analyzer.id])) {
    if (!zone.accounts.has(account)) await leave(ctx, analyzer, account);
  }
}

/** FNV-1a: two bases are compared with each other only. */
function digestOf(text: string): string {
  let hash = 0xcbf29ce484222325n;
  for (let i = 0; i < text.length; i++)
    hash = ((hash ^ BigInt(text.charCodeAt(i))) * 0x100000001b3n) & 0xffffffffffffffffn;
  return hash.toString(16);
}

function isStale(ctx: Context, analyzer: Analyzer, last: Analysis): boolean {
  const age = ctx.now.getTime() - Date.parse(last.time);
  return age >= (isUnused(analyzer.type) ? UNUSED_STALE : DAY);
}

/** An organization's policies are changed in its management account. */
async function changesOf(ctx: Context, account: string): Promise<number> {
  const management = (await chainOf(ctx.store, account))?.organization.management ?? account;
  const own = (await ctx.store.get(accountChanges, [account]))?.count ?? 0;
  return management === account ? own : own + ((await ctx.store.get(accountChanges, [management]))?.count ?? 0);
}

interface Look {
  readonly account: string;
  readonly basis: string;
  readonly filters: readonly Filter[];
}

async function look(ctx: Context, analyzer: Analyzer, zone: Zone, { account, basis, filters }: Look): Promise<void> {
  const observe = isUnused(analyzer.type)
    ? observeUnused
    : isInternal(analyzer.type)
      ? observeInternal
      : observeExternal;
  const { observations, resources } = await observe(ctx, analyzer, zone, account);
  const seen = await reconcile(ctx, analyzer, { account, observations, filters });
  await noteResources(ctx, analyzer, account, resources, seen);
  const resource = resources.at(-1)?.arn;
  const time = ctx.now.toISOString();
  await ctx.store.replace(analyses, { analyzer: analyzer.id, account, time, basis, ...(resource && { resource }) });
}

interface Seen {
  readonly account: string;
  readonly observations: readonly Observation[];
  readonly filters: readonly Filter[];
}

/** Returns the account's findings as they are now, without the resolved ones. */
async function reconcile(
  ctx: Context,
  analyzer: Analyzer,
  { account, observations, filters }: Seen,
): Promise<Finding[]> {
  const known = new Map<string, Finding>();
  for await (const row of everyRow(ctx.store, findings, [analyzer.id, account], 'owner')) known.set(row.id, row);
  const now: Finding[] = [];
  for (const observation of observations) {
    const id = idOf(analyzer.id, observation);
    const finding = await keep(ctx, analyzer, findingOf(ctx, analyzer, observation, filters), known.get(id));
    known.delete(id);
    now.push(finding);
  }
  for (const gone of known.values()) await resolve(ctx, analyzer, gone);
  return now;
}

function findingOf(ctx: Context, analyzer: Analyzer, observation: Observation, filters: readonly Filter[]): Finding {
  const { identity: _, ...said } = observation;
  const time = ctx.now.toISOString();
  const fresh = { ...said, analyzer: analyzer.id, id: idOf(analyzer.id, observation), created: time, updated: time };
  const finding: Finding = { ...fresh, status: 'ACTIVE' };
  const isArchived = filters.some((filter) => passes(filter, filterableOf(finding)));
  return isArchived ? { ...finding, status: 'ARCHIVED' } : finding;
}

/** Access that comes back opens its old finding again. */
async function keep(ctx: Context, analyzer: Analyzer, fresh: Finding, known: Finding | undefined): Promise<Finding> {
  if (!known) {
    await ctx.store.replace(findings, fresh);
    tell(ctx, analyzer, { finding: fresh });
    return fresh;
  }
  const { created, status, updated } = known;
  const finding = status === 'RESOLVED' ? { ...fresh, created } : { ...fresh, created, status, updated };
  if (JSON.stringify(finding.details) !== JSON.stringify(known.details) || finding.status !== status) {
    await ctx.store.replace(findings, finding);
    tell(ctx, analyzer, { finding, previousStatus: status });
  }
  return finding;
}

/** An error that is gone leaves nothing behind. */
async function resolve(ctx: Context, analyzer: Analyzer, gone: Finding): Promise<void> {
  const isOld = gone.status === 'RESOLVED' && ctx.now.getTime() - Date.parse(gone.updated) >= RESOLVED_KEPT;
  if (isOld || gone.error !== undefined) {
    await ctx.store.remove(findings, [gone.analyzer, gone.id]);
    tell(ctx, analyzer, { finding: gone, previousStatus: gone.status, isDeleted: true });
  } else if (gone.status !== 'RESOLVED') {
    const finding: Finding = { ...gone, status: 'RESOLVED', updated: ctx.now.toISOString() };
    await ctx.store.replace(findings, finding);
    tell(ctx, analyzer, { finding, previousStatus: gone.status });
  }
}

/** The account is in the zone no more. */
async function leave(ctx: Context, analyzer: Analyzer, account: string): Promise<void> {
  await reconcile(ctx, analyzer, { account, observations: [], filters: [] });
  await forgetResourcesOf(ctx, analyzer, account);
  await ctx.store.remove(analyses, [analyzer.id, account]);
}

/** Has the account looked at again, whatever its changes say. */
export const forgetLook = (ctx: Context, analyzer: Analyzer, account: string) =>
  ctx.store.remove(analyses, [analyzer.id, account]);

/** All that an analyzer found. */
export async function forgetAnalysis(ctx: Context, analyzer: Analyzer): Promise<void> {
  for (const table of [findings, analyses, analyzedResources] as const) {
    for await (const row of everyRow(ctx.store, table as typeof findings, [analyzer.id])) {
      await ctx.store.remove(table as typeof findings, table.key(row as never));
    }
  }
}

/** Time of the last look at an account. */
export async function analyzedAt(ctx: Context, analyzer: Analyzer, account: string): Promise<string | undefined> {
  return (await ctx.store.get(analyses, [analyzer.id, account]))?.time;
}

/** What was looked at last, in any account. */
export async function lastAnalyzed(ctx: Context, analyzer: Analyzer) {
  let last: { readonly resource: string; readonly time: string } | undefined;
  const { rows } = await ctx.store.list(analyses, [analyzer.id], { limit: 1000 });
  for (const { resource, time } of rows) {
    if (resource !== undefined && (last === undefined || time > last.time)) last = { resource, time };
  }
  return last;
}
