/** The metrics of an account and Region that a search or a query means: those with data in the last two weeks. */
import type { Context } from '../../core/context.ts';
import { LISTED_MS } from './listMetrics.ts';
import { type MetricRow, metricRows } from './metricRows.ts';

/** What one search finds, and what it looks at, at most. */
const SERIES_MAX = 500;
const SEARCHED_MAX = 10_000;

type Asker = Pick<Context, 'account' | 'region' | 'store' | 'now'>;

export async function matchingMetrics(
  ctx: Asker,
  namespace: string | undefined,
  matches: (metric: MetricRow) => boolean,
): Promise<MetricRow[]> {
  const since = ctx.now.getTime() - LISTED_MS;
  const prefix = [ctx.account, ctx.region, ...(namespace === undefined ? [] : [namespace])];
  const found: MetricRow[] = [];
  let after: string | undefined;
  let seen = 0;
  do {
    const page: { rows: readonly MetricRow[]; next?: string } = await ctx.store.list(metricRows, prefix, {
      limit: 500,
      after,
    });
    found.push(...page.rows.filter((metric) => metric.seen >= since && matches(metric)));
    seen += page.rows.length;
    after = page.next;
  } while (after !== undefined && found.length < SERIES_MAX && seen < SEARCHED_MAX);
  return found.slice(0, SERIES_MAX);
}
