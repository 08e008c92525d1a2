/** GetInsightRuleReport: who contributed most, and the rule's metrics. */
import {
  type GetInsightRuleReportInput,
  type GetInsightRuleReportOutput,
  type InsightRuleContributor,
  ResourceNotFoundException,
} from '@aws-sdk/client-cloudwatch';
import type { InsightRule } from '../../core/contributions.ts';
import { awsError } from '../../core/errors.ts';
import { Missing, type Operation, type Present } from '../../core/operation.ts';
import { compileContributorRule } from '../../patterns/contributors.ts';
import { INSIGHT_METRICS, type Span, spansOf } from './insightData.ts';
import { findRule, insightRuleArn } from './insightRules.ts';
import { MathError } from './math/parser.ts';
import { badValue, invalidValue } from './words.ts';

const CONTRIBUTORS = 10;
const CONTRIBUTORS_MAX = 100;
const DATA_POINTS_MAX = 1_440;
const BUDGET = 2_000_000;

type Input = Present<GetInsightRuleReportInput>;

export const GetInsightRuleReport: Operation<Input, GetInsightRuleReportOutput, InsightRule> = {
  async load({ RuleName }, ctx) {
    const error = awsError(ResourceNotFoundException, `The rule ${RuleName} does not exist.`);
    return (await findRule(ctx, RuleName)) ?? new Missing(insightRuleArn(ctx, RuleName), error);
  },
  access: (_input, ctx, rule) => ({ resource: insightRuleArn(ctx, rule.name), resourceTags: rule.tags }),
  async run(input, ctx, rule) {
    const range = rangeOf(input);
    const { Metrics = [], MaxContributorCount = CONTRIBUTORS, OrderBy = 'Sum' } = input;
    for (const name of Metrics) if (!Object.hasOwn(INSIGHT_METRICS, name)) badValue(name, 'Metrics');
    if (OrderBy !== 'Sum' && OrderBy !== 'Maximum') badValue(OrderBy, 'OrderBy');
    if (MaxContributorCount < 1 || MaxContributorCount > CONTRIBUTORS_MAX) {
      badValue(MaxContributorCount, 'MaxContributorCount');
    }
    await ctx.journal.catchUp();
    const spans = await read(() => spansOf(ctx, rule, range, { left: BUDGET }));
    const { labels, aggregate } = compileContributorRule(rule.definition);
    const contributors = contributorsIn(spans, OrderBy);
    return {
      KeyLabels: [...labels],
      AggregationStatistic: aggregate === 'Sum' ? 'Sum' : 'SampleCount',
      AggregateValue: spans.reduce((sum, { all }) => sum + all[2], 0),
      ApproximateUniqueCount: contributors.length + Math.max(0, ...spans.map(({ unnamed }) => unnamed)),
      Contributors: contributors.slice(0, MaxContributorCount),
      MetricDatapoints: Metrics.length === 0 ? [] : spans.map((span) => metricsOf(span, Metrics)),
    };
  },
};

function rangeOf({ StartTime, EndTime, Period }: Input) {
  if (StartTime >= EndTime) invalidValue('The parameter StartTime must be less than the parameter EndTime.');
  if (Period % 60 !== 0) invalidValue('The parameter Period must be a multiple of 60.');
  const from = Math.floor(StartTime.getTime() / 1000 / Period) * Period;
  const to = Math.ceil(EndTime.getTime() / 1000);
  if ((to - from) / Period > DATA_POINTS_MAX) {
    invalidValue(`The report would have more than ${DATA_POINTS_MAX} data points. Choose a longer period.`);
  }
  return { from, to, period: Period };
}

async function read<T>(spans: () => Promise<T>): Promise<T> {
  try {
    return await spans();
  } catch (error) {
    if (error instanceof MathError) return invalidValue('The report is too large. Choose a shorter time range.');
    throw error;
  }
}

/** The greatest first: by all that each contributed, or by its greatest data point. */
function contributorsIn(spans: readonly Span[], orderBy: string): InsightRuleContributor[] {
  const found = new Map<string, { keys: readonly string[]; points: { Timestamp: Date; ApproximateValue: number }[] }>();
  for (const { time, contributors } of spans) {
    for (const [key, [keys, , sum]] of contributors) {
      const known = found.get(key) ?? { keys, points: [] };
      found.set(key, known);
      known.points.push({ Timestamp: new Date(time * 1000), ApproximateValue: sum });
    }
  }
  const all = Array.from(found.values(), ({ keys, points }) => {
    const values = points.map(({ ApproximateValue }) => ApproximateValue);
    const sum = values.reduce((total, value) => total + value, 0);
    return { order: orderBy === 'Sum' ? sum : Math.max(...values), sum, keys, points };
  });
  all.sort((a, b) => b.order - a.order || (a.keys.join() < b.keys.join() ? -1 : 1));
  return all.map(({ keys, sum, points }) => ({
    Keys: [...keys],
    ApproximateAggregateValue: sum,
    Datapoints: points,
  }));
}

const metricsOf = (span: Span, names: readonly string[]) => ({
  Timestamp: new Date(span.time * 1000),
  ...Object.fromEntries(names.map((name) => [name, INSIGHT_METRICS[name]!(span)])),
});
