/** Whether a list of metric data queries is one, before anything is computed. */
import type { MetricDataQuery, MetricStat } from '@aws-sdk/client-cloudwatch';
import type { Context } from '../../core/context.ts';
import { dimensionsOf } from './dimensions.ts';
import { isInsightsQuery, parseInsightsQuery } from './insightsQuery.ts';
import { isFunction } from './math/evaluate.ts';
import { MathError, parse, usedIn } from './math/parser.ts';
import { isPeriod } from './periods.ts';
import { statistic } from './statistics.ts';
import { invalid } from './words.ts';

const ID = /^[a-z][a-zA-Z0-9_]*$/;

/** @throws ValidationFailure */
export function checkQueries(
  ctx: Pick<Context, 'account'>,
  queries: readonly MetricDataQuery[],
  list: string,
  max: number,
): void {
  if (queries.length === 0) invalid(`The parameter ${list} is required.`);
  if (queries.length > max) invalid(`The collection ${list} must not have a size greater than ${max}.`);
  const ids = new Set<string>();
  for (const [at, query] of queries.entries()) {
    const member = `${list}.member.${at + 1}`;
    checkId(query, member, ids);
    checkQuery(query, member);
    if (query.AccountId !== undefined && query.AccountId !== ctx.account) {
      invalid(`The parameter ${member}.AccountId names an account that is not linked to this one.`);
    }
  }
  for (const query of queries) if (query.Expression !== undefined) checkExpression(query, ids);
}

function checkId({ Id = '' }: MetricDataQuery, member: string, ids: Set<string>): void {
  if (!ID.test(Id)) {
    invalid(`The value ${Id} for parameter ${member}.Id is not matching the expected pattern ^[a-z][a-zA-Z0-9_]*$.`);
  }
  if (ids.has(Id)) invalid(`The values for parameter id in ${member.split('.')[0]} are not unique.`);
  ids.add(Id);
}

function checkQuery({ MetricStat, Expression, Period }: MetricDataQuery, member: string): void {
  if (MetricStat && Expression !== undefined) {
    invalid(
      `The parameters ${member}.Expression and ${member}.MetricStat are mutually exclusive and you have specified both.`,
    );
  }
  if (!MetricStat && Expression === undefined) {
    invalid(`Either the parameter ${member}.Expression or the parameter ${member}.MetricStat must be specified.`);
  }
  if (MetricStat) checkStat(MetricStat, `${member}.MetricStat`);
  if (Period !== undefined && !isPeriod(Period))
    invalid(`The value ${Period} for parameter ${member}.Period is invalid.`);
}

function checkStat({ Metric, Period = 0, Stat = '' }: MetricStat, member: string): void {
  if (!Metric?.Namespace) invalid(`The parameter ${member}.Metric.Namespace is required.`);
  if (!Metric?.MetricName) invalid(`The parameter ${member}.Metric.MetricName is required.`);
  dimensionsOf(Metric?.Dimensions, `${member}.Metric.Dimensions`);
  if (!isPeriod(Period)) invalid(`The value ${Period} for parameter ${member}.Period is invalid.`);
  if (!statistic(Stat)) invalid(`The value ${Stat} for parameter ${member}.Stat is invalid.`);
}

function checkExpression({ Id, Expression = '' }: MetricDataQuery, ids: ReadonlySet<string>): void {
  try {
    if (isInsightsQuery(Expression)) {
      parseInsightsQuery(Expression);
      return;
    }
    const { names, calls } = usedIn(parse(Expression));
    for (const name of names) if (!ids.has(name)) throw new MathError(`Undefined id ${name}`);
    for (const name of calls) if (!isFunction(name)) throw new MathError(`Unknown function ${name}`);
  } catch (error) {
    if (error instanceof MathError) invalid(`Error in expression '${Id}' [${error.message}]`);
    throw error;
  }
}
