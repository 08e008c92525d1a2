/** ListMetrics: metrics that had data in the last two weeks. */
import {
  type DimensionFilter,
  InvalidParameterValueException,
  type ListMetricsInput,
  type ListMetricsOutput,
} from '@aws-sdk/client-cloudwatch';
import type { Context } from '../../core/context.ts';
import { fail } from '../../core/errors.ts';
import type { Operation, Present } from '../../core/operation.ts';
import { cursorOf, tokenOf } from '../../core/page.ts';
import type { Page } from '../../store/store.ts';
import { dimensionList } from './dimensions.ts';
import { type MetricRow, metricRows } from './metricRows.ts';
import { METRIC_RESOURCE } from './putMetricData.ts';
import { missing } from './words.ts';

const METRICS_A_PAGE = 500;
/** What one call looks at: where little matches, a page has little and a token. */
const LOOKED_AT_MAX = 10_000;
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
    const { found, next } = elsewhere ? { found: [], next: undefined } : await matching(input, ctx);
    return {
      Metrics: found.map(({ namespace, name, dimensions }) => ({
        Namespace: namespace,
        MetricName: name,
        Dimensions: dimensionList(dimensions),
      })),
      ...(next !== undefined && { NextToken: tokenOf(next) }),
      ...(input.IncludeLinkedAccounts && { OwningAccounts: found.map(({ account }) => account) }),
    };
  },
};

async function matching(input: ListMetricsInput, ctx: Context) {
  const wanted = filterOf(input, ctx.now);
  const found: MetricRow[] = [];
  let after = input.NextToken === undefined ? undefined : cursorIn(input.NextToken);
  let seen = 0;
  do {
    const page = await pageOf(input, ctx, { after, limit: METRICS_A_PAGE - found.length });
    found.push(...page.rows.filter(wanted));
    seen += page.rows.length;
    after = page.next;
  } while (after !== undefined && found.length < METRICS_A_PAGE && seen < LOOKED_AT_MAX);
  return { found, next: after };
}

function pageOf(
  { Namespace, MetricName }: ListMetricsInput,
  { store, account, region }: Context,
  page: { after: string | undefined; limit: number },
): Promise<Page<MetricRow>> {
  if (Namespace === undefined && MetricName !== undefined) {
    return store.list(metricRows, [account, region, MetricName], { ...page, index: 'name' });
  }
  const prefix = [account, region, Namespace, MetricName].filter((part) => part !== undefined);
  return store.list(metricRows, prefix, page);
}

function filterOf({ Dimensions = [], RecentlyActive }: ListMetricsInput, now: Date) {
  const since = now.getTime() - (RecentlyActive === 'PT3H' ? RECENT_MS + 600_000 : LISTED_MS);
  const has = ({ dimensions }: MetricRow, { Name, Value }: DimensionFilter) =>
    dimensions.some(([name, value]) => name === Name && (Value === undefined || value === Value));
  return (metric: MetricRow) => metric.seen >= since && Dimensions.every((filter) => has(metric, filter));
}

const cursorIn = (token: string): string =>
  cursorOf(token) ?? fail(InvalidParameterValueException, `The value ${token} for parameter NextToken is invalid.`);
