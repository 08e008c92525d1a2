/** Anomaly detectors: which series have a model, and how it is trained. */
import { createHash } from 'node:crypto';
import type { MetricDataQuery } from '@aws-sdk/client-cloudwatch';
import type { Context } from '../../core/context.ts';
import { table } from '../../store/store.ts';
import { dimensionsOf } from './dimensions.ts';
import { MathError, parse, usedIn } from './math/parser.ts';
import { type MetricName, metricId } from './metricRows.ts';

export interface SingleMetric extends MetricName {
  readonly stat: string;
  readonly account?: string | undefined;
}

export interface Detector {
  readonly account: string;
  readonly region: string;
  readonly id: string;
  /** Equal for equal series. */
  readonly subject: string;
  readonly single?: SingleMetric | undefined;
  readonly math?: readonly MetricDataQuery[] | undefined;
  readonly created: number;
  readonly excluded: readonly { readonly from: number; readonly to: number }[];
  readonly timezone?: string | undefined;
  readonly adaptation?: string | undefined;
  readonly outliers?: string | undefined;
  readonly periodicSpikes?: boolean | undefined;
}

export const detectors = table<Detector>('cw_detector', {
  key: ({ account, region, id }) => [account, region, id],
  indexes: { subject: ({ account, region, subject }) => [[account, region, subject]] },
});

type Place = Pick<Context, 'account' | 'region'>;

export const singleSubject = ({ account, region }: Place, metric: SingleMetric): string =>
  `single ${metricId(account, region, metric)} ${metric.stat}`;

/**
 * What a query of a list stands for: the metric and its statistic, or the expression with all it is computed from.
 * Ids do not matter but within the list.
 */
export function subjectOf(place: Place, queries: readonly MetricDataQuery[], id: string): string | undefined {
  const query = queries.find(({ Id }) => Id === id);
  const stat = query?.MetricStat;
  if (stat) {
    const { Namespace: namespace = '', MetricName: name = '', Dimensions } = stat.Metric ?? {};
    const dimensions = dimensionsOf(Dimensions, 'Dimensions');
    return singleSubject(place, { namespace, name, dimensions, stat: stat.Stat ?? '' });
  }
  const used = [...closure(queries, id)].sort().map((each) => {
    const { Id, Expression, MetricStat } = queries.find((query) => query.Id === each)!;
    return MetricStat ? [Id, MetricStat.Metric, MetricStat.Stat, MetricStat.Period] : [Id, Expression];
  });
  return (
    query &&
    `math ${createHash('sha256')
      .update(JSON.stringify([id, used]))
      .digest('base64url')
      .slice(0, 22)}`
  );
}

/** The query and all that it refers to. */
function closure(queries: readonly MetricDataQuery[], id: string): ReadonlySet<string> {
  const found = new Set<string>();
  const open = [id];
  for (let each = open.pop(); each !== undefined; each = open.pop()) {
    const query = queries.find(({ Id }) => Id === each);
    if (!query || found.has(each)) continue;
    found.add(each);
    if (query.Expression !== undefined) open.push(...namesIn(query.Expression));
  }
  return found;
}

function namesIn(expression: string): readonly string[] {
  try {
    return [...usedIn(parse(expression)).names];
  } catch (error) {
    if (error instanceof MathError) return [];
    throw error;
  }
}

export async function detectorOf(ctx: Pick<Context, 'account' | 'region' | 'store'>, subject: string) {
  const { rows } = await ctx.store.list(detectors, [ctx.account, ctx.region, subject], { index: 'subject', limit: 1 });
  return rows[0];
}
