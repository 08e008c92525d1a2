/** The rows of archive rules, by analyzer. */
import type { Criterion } from '@aws-sdk/client-accessanalyzer';
import type { Context } from '../../core/context.ts';
import { quota } from '../../core/quotas.ts';
import { everyRow } from '../../store/everyRow.ts';
import { table } from '../../store/store.ts';
import type { Analyzer } from './analyzerRows.ts';
import { failConflict, failQuota } from './errors.ts';
import type { Filter } from './filters.ts';

export interface ArchiveRule {
  /** Id of the analyzer. */
  readonly analyzer: string;
  readonly name: string;
  readonly filter: Readonly<Record<string, Criterion>>;
  readonly created: string;
  readonly updated: string;
  readonly clientToken?: string;
}

export const archiveRules = table<ArchiveRule>('accessanalyzer_archive_rule', { key: (r) => [r.analyzer, r.name] });

export async function addArchiveRule(ctx: Context, rule: ArchiveRule): Promise<void> {
  const max = quota(ctx, 'ArchiveRulesPerAnalyzerQuota', 100);
  if (!(await ctx.store.fits(archiveRules, [rule.analyzer], max))) {
    failQuota('ArchiveRule', rule.name, `You have reached the limit of ${max} archive rules for this analyzer.`);
  }
  if (await ctx.store.insert(archiveRules, rule)) return;
  const known = await ctx.store.get(archiveRules, [rule.analyzer, rule.name]);
  if (rule.clientToken !== undefined && known?.clientToken === rule.clientToken) return;
  failConflict('ArchiveRule', rule.name, `Archive rule with name ${rule.name} already exists.`);
}

export async function removeArchiveRules(ctx: Context, analyzer: Analyzer): Promise<void> {
  for await (const rule of everyRow(ctx.store, archiveRules, [analyzer.id]))
    await ctx.store.remove(archiveRules, [rule.analyzer, rule.name]);
}

/** The filters by which new findings of the analyzer are archived. */
export async function archiveFilters(ctx: Context, analyzer: Analyzer): Promise<Filter[]> {
  const filters: Filter[] = [];
  for await (const { filter } of everyRow(ctx.store, archiveRules, [analyzer.id])) filters.push(filter);
  return filters;
}
