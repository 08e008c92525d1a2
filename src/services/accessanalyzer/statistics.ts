/** Findings counted: by resource type, by kind of unused access, by account. */
import type {
  FindingsStatistics,
  GetFindingsStatisticsRequest,
  GetFindingsStatisticsResponse,
} from '@aws-sdk/client-accessanalyzer';
import type { Context } from '../../core/context.ts';
import type { Operation, Present } from '../../core/operation.ts';
import { everyRow } from '../../store/everyRow.ts';
import { analyses, refresh } from './analyses.ts';
import { onAnalyzer } from './analyzerAccess.ts';
import type { Analyzer } from './analyzerRows.ts';
import { isInternal, isUnused } from './configurations.ts';
import { type Finding, findings } from './findingRows.ts';
import { requireActive } from './findings.ts';

type Get = Operation<Present<GetFindingsStatisticsRequest>, GetFindingsStatisticsResponse, Analyzer>;
export const GetFindingsStatistics: Get = {
  ...onAnalyzer,
  async run(_input, ctx, analyzer) {
    await requireActive(ctx, analyzer);
    await refresh(ctx, analyzer);
    const all: Finding[] = [];
    for await (const finding of everyRow(ctx.store, findings, [analyzer.id])) all.push(finding);
    return { findingsStatistics: [countedFor(analyzer, all)], lastUpdatedAt: await lastLook(ctx, analyzer) };
  },
};

async function lastLook(ctx: Context, analyzer: Analyzer): Promise<Date> {
  let last = analyzer.created;
  for await (const { time } of everyRow(ctx.store, analyses, [analyzer.id])) if (time > last) last = time;
  return new Date(last);
}

function countedFor({ type }: Analyzer, all: readonly Finding[]): FindingsStatistics {
  if (isUnused(type)) return { unusedAccessFindingsStatistics: { ...totals(all), ...unused(active(all)) } };
  const byType = [...Map.groupBy(isInternal(type) ? all : active(all), ({ resourceType }) => resourceType)];
  if (isInternal(type)) {
    const resourceTypeStatistics = Object.fromEntries(byType.map(([name, found]) => [name, totals(found)]));
    return { internalAccessFindingsStatistics: { ...totals(all), resourceTypeStatistics } };
  }
  const resourceTypeStatistics = Object.fromEntries(byType.map(([name, found]) => [name, external(found)]));
  return { externalAccessFindingsStatistics: { ...totals(all), resourceTypeStatistics } };
}

const active = (all: readonly Finding[]) => all.filter(({ status }) => status === 'ACTIVE');

function totals(all: readonly Finding[]) {
  const count = (wanted: Finding['status']) => all.filter(({ status }) => status === wanted).length;
  return {
    totalActiveFindings: count('ACTIVE'),
    totalArchivedFindings: count('ARCHIVED'),
    totalResolvedFindings: count('RESOLVED'),
  };
}

function external(found: readonly Finding[]) {
  const errors = found.filter(({ error }) => error !== undefined).length;
  const open = found.filter(({ details }) => details[0]?.externalAccessDetails?.isPublic === true).length;
  return {
    totalActivePublic: open,
    totalActiveCrossAccount: found.length - open - errors,
    totalActiveErrors: errors,
  };
}

const TOP_ACCOUNTS = 10;

function unused(found: readonly Finding[]) {
  const counted = (some: readonly Finding[]) =>
    [...Map.groupBy(some, ({ type }) => type)].map(([type, list]) => [type, list.length] as const);
  const accounts = [...Map.groupBy(found, ({ owner }) => owner)].sort(([, a], [, b]) => b.length - a.length);
  return {
    unusedAccessTypeStatistics: counted(found).map(([unusedAccessType, total]) => ({ unusedAccessType, total })),
    topAccounts: accounts.slice(0, TOP_ACCOUNTS).map(([account, list]) => ({
      account,
      numberOfActiveFindings: list.length,
      details: Object.fromEntries(counted(list)),
    })),
  };
}
