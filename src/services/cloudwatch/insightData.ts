/** What the rules of Contributor Insights found: for reports, and for INSIGHT_RULE_METRIC. */
import type { Context } from '../../core/context.ts';
import type { InsightRule } from '../../core/contributions.ts';
import { addContributor, type Contributor, joined } from '../../patterns/contributors.ts';
import { type InsightMinute, insightMinutes } from './insightRows.ts';
import { MathError } from './math/parser.ts';
import { type Budget, spend } from './math/values.ts';
import { moment } from './metricRows.ts';

/** All that was contributed within a period. */
export interface Span {
  /** Seconds. */
  readonly time: number;
  readonly contributors: ReadonlyMap<string, Contributor>;
  readonly unnamed: number;
  /** Of all contributors together. */
  readonly all: Contributor;
}

interface Range {
  /** Seconds, `to` exclusive. */
  readonly from: number;
  readonly to: number;
  readonly period: number;
}

const PAGE = 500;

/** Periods in which somebody contributed, in order. @throws MathError beyond the budget */
export async function spansOf(
  { store }: Pick<Context, 'store'>,
  { id }: Pick<InsightRule, 'id'>,
  { from, to, period }: Range,
  budget: Budget,
): Promise<Span[]> {
  const minutes = new Map<number, InsightMinute[]>();
  const start = moment(from);
  for (let after: string | undefined; ; ) {
    const page = await store.list(insightMinutes, [id], { limit: PAGE, from: start, after });
    for (const row of page.rows.filter(({ time }) => time < to)) {
      spend(budget, row.contributors.length);
      const time = from + Math.floor((row.time - from) / period) * period;
      minutes.set(time, [...(minutes.get(time) ?? []), row]);
    }
    after = page.next;
    if (after === undefined || page.rows.at(-1)!.time >= to) break;
  }
  return [...minutes].map(([time, rows]) => spanOf(time, rows));
}

function spanOf(time: number, rows: readonly InsightMinute[]): Span {
  const contributors = new Map<string, Contributor>();
  for (const contributor of rows.flatMap((row) => row.contributors)) addContributor(contributors, contributor);
  const others = rows.flatMap(({ others }) => (others ? [others] : []));
  const all = [...contributors.values(), ...others.map((each) => each.all)].reduce(joined);
  return { time, contributors, unnamed: Math.max(0, ...others.map(({ count }) => count)), all };
}

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/ContributorInsights-GraphReportData.html */
export const INSIGHT_METRICS: Readonly<Record<string, (span: Span) => number>> = {
  UniqueContributors: ({ contributors, unnamed }) => contributors.size + unnamed,
  MaxContributorValue: ({ contributors }) => Math.max(...Array.from(contributors.values(), ([, , sum]) => sum)),
  SampleCount: ({ all: [, count] }) => count,
  Sum: ({ all: [, , sum] }) => sum,
  Minimum: ({ all: [, , , min] }) => min,
  Maximum: ({ all: [, , , , max] }) => max,
  Average: ({ all: [, count, sum] }) => sum / count,
};

/** @throws MathError for a metric that no rule has */
export function insightMetric(name: string): (span: Span) => number {
  if (Object.hasOwn(INSIGHT_METRICS, name)) return INSIGHT_METRICS[name]!;
  throw new MathError(`${name} is no metric of a Contributor Insights rule`);
}
