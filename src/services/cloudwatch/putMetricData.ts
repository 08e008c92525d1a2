/**
 * PutMetricData: what it is given goes to the journal, all of it with one entry, and becomes rows behind the call; so
 * callers of the same metric never wait for each other.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricData.html
 */
import type { EntityMetricData, MetricDatum, PutMetricDataInput } from '@aws-sdk/client-cloudwatch';
import type { Context } from '../../core/context.ts';
import { type Sample, tellSamples } from '../../core/metrics.ts';
import type { Operation, Present } from '../../core/operation.ts';
import { dimensionsOf } from './dimensions.ts';
import { requireEntity } from './entities.ts';
import { badValue, invalidCombination, invalidValue, missing, tooMany } from './words.ts';

const METRICS_MAX = 1000;
const VALUES_MAX = 150;
const ENTITIES_MAX = 2;
const VALUE_MAX = 2 ** 360;
const TWO_WEEKS_MS = 14 * 86_400_000;
const TWO_HOURS_MS = 2 * 3_600_000;

/** Data events of metrics name their type only. https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/logging_cw_api_calls.html */
export const METRIC_RESOURCE = { type: 'AWS::CloudWatch::Metric' } as { ARN: string; type: string };

export const PutMetricData: Operation<Present<PutMetricDataInput>, object> = {
  recorded: 'data',
  access: (input) => ({ resource: '*', conditions: { 'cloudwatch:namespace': input.Namespace } }),
  async run(input, ctx) {
    ctx.audit.resources = [METRIC_RESOURCE];
    ctx.audit.requestParameters = { metricData: recordedData(input) };
    if (/^AWS\//.test(input.Namespace) && ctx.caller.type !== 'Service') badValue(input.Namespace, 'Namespace');
    const samples = [...samplesOf(input.MetricData, 'MetricData', input.Namespace, ctx), ...entitySamples(input, ctx)];
    if (input.MetricData === undefined && input.EntityMetricData === undefined) missing('MetricData');
    if (samples.length > METRICS_MAX) tooMany('MetricData', METRICS_MAX);
    tellSamples(ctx, { account: ctx.account, region: ctx.region, samples });
    return {};
  },
};

/** Records show which metrics, not their values. */
const recordedData = (input: PutMetricDataInput) =>
  input.MetricData?.map(({ MetricName, Dimensions }) => ({
    metricName: MetricName,
    ...(Dimensions && { dimensions: Dimensions.map(({ Name, Value }) => ({ name: Name, value: Value })) }),
  }));

/** An entity says what data belong to; it is no part of a metric's identity. */
function entitySamples(input: Present<PutMetricDataInput>, ctx: Context): Sample[] {
  const { EntityMetricData: given, StrictEntityValidation: strict } = input;
  if (given === undefined) return [];
  if (strict === undefined) missing('StrictEntityValidation');
  if (given.length > ENTITIES_MAX) tooMany('EntityMetricData', ENTITIES_MAX);
  return given.flatMap((each: EntityMetricData, at) => {
    const member = `EntityMetricData.member.${at + 1}`;
    if (strict) requireEntity(each.Entity, `${member}.Entity`);
    return samplesOf(each.MetricData, `${member}.MetricData`, input.Namespace, ctx);
  });
}

function samplesOf(data: readonly MetricDatum[] | undefined, list: string, namespace: string, ctx: Context): Sample[] {
  if (data && data.length > METRICS_MAX) tooMany(list, METRICS_MAX);
  return (data ?? []).map((datum, at) => sampleOf(datum, `${list}.member.${at + 1}`, namespace, ctx));
}

function sampleOf(datum: MetricDatum, member: string, namespace: string, ctx: Context): Sample {
  if (!datum.MetricName) return missing(`${member}.MetricName`);
  if (datum.MetricName.length > 255) badValue(datum.MetricName, `${member}.MetricName`);
  const { StorageResolution: resolution = 60 } = datum;
  if (resolution !== 1 && resolution !== 60) badValue(resolution, `${member}.StorageResolution`);
  return {
    namespace,
    name: datum.MetricName,
    dimensions: dimensionsOf(datum.Dimensions, `${member}.Dimensions`),
    unit: datum.Unit ?? 'None',
    time: timeOf(datum, member, ctx.now),
    ...(resolution === 1 && { highResolution: true }),
    ...valuesOf(datum, member),
  };
}

function timeOf({ Timestamp }: MetricDatum, member: string, now: Date): number {
  const time = (Timestamp ?? now).getTime();
  if (time > now.getTime() + TWO_HOURS_MS) {
    invalidValue(`The parameter ${member}.Timestamp must specify a time no more than two hours in the future.`);
  }
  if (time < now.getTime() - TWO_WEEKS_MS) {
    invalidValue(`The parameter ${member}.Timestamp must specify a time within the past two weeks.`);
  }
  return time;
}

type Values = Pick<Sample, 'values' | 'counts' | 'set'>;

function valuesOf(datum: MetricDatum, member: string): Values {
  const given = (['Value', 'Values', 'StatisticValues'] as const).filter((name) => datum[name] !== undefined);
  const [first, second] = given;
  if (first !== undefined && second !== undefined) {
    return invalidCombination(
      `The parameters ${member}.${first} and ${member}.${second} are mutually exclusive and you have specified both.`,
    );
  }
  if (datum.Value !== undefined) return { values: [checked(datum.Value, `${member}.Value`)] };
  if (datum.Values !== undefined) return arrays(datum, member);
  if (datum.StatisticValues !== undefined) return statisticSet(datum.StatisticValues, `${member}.StatisticValues`);
  return missing(`${member}.Value`);
}

function arrays({ Values = [], Counts }: MetricDatum, member: string): Values {
  if (Values.length > VALUES_MAX) tooMany(`${member}.Values`, VALUES_MAX);
  if (Counts && Counts.length !== Values.length) {
    invalidValue(`The parameters ${member}.Values and ${member}.Counts must be of the same size.`);
  }
  for (const [at, value] of Values.entries()) checked(value, `${member}.Values.member.${at + 1}`);
  for (const [at, count] of (Counts ?? []).entries()) {
    if (!(checked(count, `${member}.Counts.member.${at + 1}`) >= 0))
      badValue(count, `${member}.Counts.member.${at + 1}`);
  }
  return { values: Values, ...(Counts && { counts: Counts }) };
}

function statisticSet(set: NonNullable<MetricDatum['StatisticValues']>, member: string): Values {
  const { SampleCount, Sum, Minimum, Maximum } = set;
  for (const [name, value] of Object.entries({ SampleCount, Sum, Minimum, Maximum })) {
    if (value === undefined) missing(`${member}.${name}`);
    else checked(value, `${member}.${name}`);
  }
  if (!(SampleCount! > 0)) badValue(SampleCount, `${member}.SampleCount`);
  if (Minimum! > Maximum!) {
    invalidValue(`The parameter ${member}.Minimum must be less than or equal to the parameter ${member}.Maximum.`);
  }
  return { set: { count: SampleCount!, sum: Sum!, min: Minimum!, max: Maximum! } };
}

function checked(value: number, member: string): number {
  if (!Number.isFinite(value) || Math.abs(value) > VALUE_MAX) badValue(value, member);
  return value;
}
