/** The rows of what analyzers looked at. */
import type { ResourceType } from '@aws-sdk/client-accessanalyzer';
import type { Context } from '../../core/context.ts';
import { everyRow } from '../../store/everyRow.ts';
import { table } from '../../store/store.ts';
import type { LookedAt } from './analyses.ts';
import type { Analyzer } from './analyzerRows.ts';
import type { Finding } from './findingRows.ts';

export interface AnalyzedResource {
  /** Id of the analyzer. */
  readonly analyzer: string;
  readonly arn: string;
  readonly type: ResourceType;
  readonly account: string;
  /** When it was first looked at, and when what was seen last changed. */
  readonly created: string;
  readonly updated: string;
  readonly isPublic: boolean;
  /** What external entities can do; sorted. */
  readonly actions: readonly string[];
}

/** Index `account`: [analyzer, account]. `type`: [analyzer, type]. */
export const analyzedResources = table<AnalyzedResource>('accessanalyzer_resource', {
  key: (r) => [r.analyzer, r.arn],
  indexes: { account: (r) => [[r.analyzer, r.account]], type: (r) => [[r.analyzer, r.type]] },
});

/** Notes what was looked at in an account, and forgets what is there no more. Only changes are written. */
export async function noteResources(
  ctx: Context,
  analyzer: Analyzer,
  account: string,
  resources: readonly LookedAt[],
  seen: readonly Finding[],
): Promise<void> {
  const known = new Map<string, AnalyzedResource>();
  for await (const row of everyRow(ctx.store, analyzedResources, [analyzer.id, account], 'account'))
    known.set(row.arn, row);
  const byResource = Map.groupBy(seen, ({ resource }) => resource);
  const now = ctx.now.toISOString();
  for (const { arn, type } of resources) {
    const details = (byResource.get(arn) ?? []).flatMap((finding) => finding.details);
    const external = details.flatMap(({ externalAccessDetails }) => externalAccessDetails ?? []);
    const isPublic = external.some((access) => access.isPublic === true);
    const actions = [...new Set(external.flatMap(({ action }) => action ?? []))].sort();
    const before = known.get(arn);
    known.delete(arn);
    if (before?.isPublic === isPublic && before.actions.join() === actions.join()) continue;
    const row = { analyzer: analyzer.id, arn, type: type as ResourceType, account, isPublic, actions };
    await ctx.store.replace(analyzedResources, { ...row, created: before?.created ?? now, updated: now });
  }
  for (const { arn } of known.values()) await ctx.store.remove(analyzedResources, [analyzer.id, arn]);
}

export const forgetResourcesOf = (ctx: Context, analyzer: Analyzer, account: string) =>
  noteResources(ctx, analyzer, account, [], []);
