/** ListMetrics: metrics that had data in the last two weeks. */
import type { DimensionFilter, ListMetricsInput, ListMetricsOutput } from '@aws-sdk/client-cloudwatch';
import type { Context } from '../../core/context.ts';
import type { Operation, Present } from '../../core/operation.ts';
import { dimensionList } from './dimensions.ts';
import { type MetricRow, metricRows } from './metricRows.ts';
import { wholePage } from './pages.ts';
import { METRIC_RESOURCE } from './putMetricData.ts';
import { missing } from './words.ts';

export const LISTED_MS = 14 * 86_400_000;
const RECENT_MS = 3 * 3_600_000;

export const ListMetrics: Operation<Present<ListMetricsInput>, ListMetricsOutput> = {
  recorded: 'data',
  access: () => ({ resource: '*' }),
  async run(input, ctx) {
    ctx.audit.resources = [METRIC_RESOURCE];
    for (const [at, { Name }] of (input.Dimensions ?? []).entries()) {
      if (Name === undefined) missing(`Dimensions.member.${at + 1}.Name`);
    }
    // Without a link to other accounts there is one owner only.
    const elsewhere = input.OwningAccount !== undefined && input.OwningAccount !== ctx.account;
    await ctx.journal.catchUp();
    const { rows, page } = elsewhere ? { rows: [], page: {} } : await matching(input, ctx);
    return {
      Metrics: rows.map(({ namespace, name, dimensions }) => ({
        Namespace: namespace,
        MetricName: name,
        Dimensions: dimensionList(dimensions),
      })),
      ...page,
      ...(input.IncludeLinkedAccounts && { OwningAccounts: rows.map(({ account }) => account) }),
    };
  },
};

function matching(input: ListMetricsInput, ctx: Context) {
  const { Namespace, MetricName } = input;
  const byName = Namespace === undefined && MetricName !== undefined;
  const prefix = [ctx.account, ctx.region, Namespace, MetricName].filter((part) => part !== undefined);
  const listing = { index: byName ? 'name' : undefined, keep: filterOf(input, ctx.now) };
  return wholePage(ctx, metricRows, prefix, input, listing);
}

function filterOf({ Dimensions = [], RecentlyActive }: ListMetricsInput, now: Date) {
  const since = now.getTime() - (RecentlyActive === 'PT3H' ? RECENT_MS + 600_000 : LISTED_MS);
  const has = ({ dimensions }: MetricRow, { Name, Value }: DimensionFilter) =>
    dimensions.some(([name, value]) => name === Name && (Value === undefined || value === Value));
  return (metric: MetricRow) => metric.seen >= since && Dimensions.every((filter) => has(metric, filter));
}
