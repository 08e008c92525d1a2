/** PutAnomalyDetector, DescribeAnomalyDetectors, DeleteAnomalyDetector. */
import {
  type AnomalyDetector,
  type AnomalyDetectorConfiguration,
  type AnomalyDetectorStateValue,
  type DeleteAnomalyDetectorInput,
  type DescribeAnomalyDetectorsInput,
  type DescribeAnomalyDetectorsOutput,
  LimitExceededException,
  type MetricDataQuery,
  type PutAnomalyDetectorInput,
  ResourceNotFoundException,
} from '@aws-sdk/client-cloudwatch';
import type { Context } from '../../core/context.ts';
import { fail } from '../../core/errors.ts';
import { uuid } from '../../core/ids.ts';
import type { Operation } from '../../core/operation.ts';
import { quota } from '../../core/quotas.ts';
import { type Detector, detectorOf, detectors, type SingleMetric, singleSubject, subjectOf } from './detectorRows.ts';
import { dimensionList, dimensionsOf } from './dimensions.ts';
import { metricId, metricRows } from './metricRows.ts';
import { resultsPage } from './pages.ts';
import { checkQueries } from './queryChecks.ts';
import { statistic } from './statistics.ts';
import { badValue, invalidCombination, invalidValue, missing } from './words.ts';
import { isZone } from './zones.ts';

const DETECTORS_MAX = 500;
const RANGES_MAX = 10;
const QUERIES_MAX = 10;

/** What a detector is of. */
type Subject = Pick<Detector, 'subject' | 'single' | 'math'>;

export const PutAnomalyDetector: Operation<PutAnomalyDetectorInput, object> = {
  access: () => ({ resource: '*' }),
  async run(input, ctx) {
    const subject = subjectIn(ctx, input);
    const configured = configurationOf(input.Configuration);
    const spikes = input.MetricCharacteristics?.PeriodicSpikes;
    await putDetector(ctx, subject, { ...configured, ...(spikes !== undefined && { periodicSpikes: spikes }) });
    return {};
  },
};

type Configured = Pick<Detector, 'excluded' | 'timezone' | 'adaptation' | 'outliers' | 'periodicSpikes'>;

async function putDetector(ctx: Context, subject: Subject, configured: Configured): Promise<void> {
  const known = await detectorOf(ctx, subject.subject);
  const max = quota(ctx, 'AnomalyDetectorsQuota', DETECTORS_MAX);
  if (!known && !(await ctx.store.fits(detectors, [ctx.account], max))) {
    fail(LimitExceededException, 'The maximum number of anomaly detectors for this account has been reached.');
  }
  const { account, region } = ctx;
  const id = known?.id ?? uuid(ctx);
  const created = known?.created ?? ctx.now.getTime();
  await ctx.store.replace(detectors, { account, region, id, created, ...subject, ...configured });
}

/** Makes a detector for a query of a list, unless it has one. */
export async function ensureDetector(ctx: Context, queries: readonly MetricDataQuery[], id: string): Promise<void> {
  const subject = subjectOf(ctx, queries, id);
  if (subject === undefined || (await detectorOf(ctx, subject))) return;
  const stat = queries.find(({ Id }) => Id === id)?.MetricStat;
  const single = stat && {
    namespace: stat.Metric?.Namespace ?? '',
    name: stat.Metric?.MetricName ?? '',
    dimensions: dimensionsOf(stat.Metric?.Dimensions, 'Dimensions'),
    stat: stat.Stat ?? '',
  };
  const math = queries.map((query) => ({ ...query, ReturnData: query.Id === id }));
  await putDetector(ctx, { subject, ...(single ? { single } : { math }) }, { excluded: [] });
}

const OLD = ['Namespace', 'MetricName', 'Dimensions', 'Stat'] as const;

function subjectIn(ctx: Context, input: PutAnomalyDetectorInput | DeleteAnomalyDetectorInput): Subject {
  const { SingleMetricAnomalyDetector: single, MetricMathAnomalyDetector: math } = input;
  const old = OLD.filter((name) => input[name] !== undefined);
  if ((single && math) || ((single || math) && old.length > 0)) {
    invalidCombination(
      'Only one of SingleMetricAnomalyDetector, MetricMathAnomalyDetector and the metric of the request can be specified.',
    );
  }
  if (math) return mathSubject(ctx, math.MetricDataQueries ?? []);
  return singleMetricSubject(ctx, single ?? input, single ? 'SingleMetricAnomalyDetector.' : '');
}

type MetricInput = Pick<PutAnomalyDetectorInput, (typeof OLD)[number]> & { readonly AccountId?: string | undefined };

function singleMetricSubject(ctx: Context, given: MetricInput, path: string): Subject {
  const { Namespace, MetricName, Stat, AccountId } = given;
  if (Namespace === undefined) return missing(`${path}Namespace`);
  if (MetricName === undefined) return missing(`${path}MetricName`);
  if (Stat === undefined) return missing(`${path}Stat`);
  if (!statistic(Stat)) badValue(Stat, `${path}Stat`);
  if (AccountId !== undefined && AccountId !== ctx.account) badValue(AccountId, `${path}AccountId`);
  const dimensions = dimensionsOf(given.Dimensions, `${path}Dimensions`);
  const single: SingleMetric = { namespace: Namespace, name: MetricName, dimensions, stat: Stat };
  return { subject: singleSubject(ctx, single), single };
}

function mathSubject(ctx: Context, queries: readonly MetricDataQuery[]): Subject {
  checkQueries(ctx, queries, 'MetricMathAnomalyDetector.MetricDataQueries', QUERIES_MAX);
  const returned = queries.filter(({ ReturnData }) => ReturnData === true);
  if (returned.length !== 1) invalidValue('Exactly one element of the metric data queries should return data.');
  const subject = subjectOf(ctx, queries, returned[0]!.Id!)!;
  return { subject, math: queries };
}

function configurationOf(given: AnomalyDetectorConfiguration | undefined): Configured {
  const { ExcludedTimeRanges = [], MetricTimezone, AdaptationSpeed, OutlierFilteringStrength } = given ?? {};
  const path = 'Configuration.ExcludedTimeRanges';
  if (ExcludedTimeRanges.length > RANGES_MAX)
    invalidValue(`The collection ${path} must not have a size greater than 10.`);
  if (MetricTimezone !== undefined && !isZone(MetricTimezone)) badValue(MetricTimezone, 'Configuration.MetricTimezone');
  return {
    excluded: ExcludedTimeRanges.map(({ StartTime, EndTime }) => {
      if (StartTime! >= EndTime!) invalidValue(`The start of a range in ${path} must be before its end.`);
      return { from: StartTime!.getTime(), to: EndTime!.getTime() };
    }),
    ...(MetricTimezone !== undefined && { timezone: MetricTimezone }),
    ...(AdaptationSpeed !== undefined && { adaptation: choice(AdaptationSpeed, ['FAST', 'NORMAL', 'SLOW']) }),
    ...(OutlierFilteringStrength !== undefined && {
      outliers: choice(OutlierFilteringStrength, ['MINIMAL', 'MODERATE', 'STRICT']),
    }),
  };
}

const choice = (value: string, choices: readonly string[]): string =>
  choices.includes(value) ? value : badValue(value, 'Configuration');

export const DeleteAnomalyDetector: Operation<DeleteAnomalyDetectorInput, object> = {
  access: () => ({ resource: '*' }),
  async run(input, ctx) {
    const known =
      input.AnomalyDetectorId === undefined
        ? await detectorOf(ctx, subjectIn(ctx, input).subject)
        : await ctx.store.get(detectors, [ctx.account, ctx.region, input.AnomalyDetectorId]);
    if (!known) fail(ResourceNotFoundException, 'The anomaly detector does not exist.');
    await ctx.store.remove(detectors, detectors.key(known));
    return {};
  },
};

const PAGE_MAX = 100;
const IDS_MAX = 50;

export const DescribeAnomalyDetectors: Operation<DescribeAnomalyDetectorsInput, DescribeAnomalyDetectorsOutput> = {
  access: () => ({ resource: '*' }),
  async run(input, ctx) {
    if (input.AnomalyDetectorIds?.length) return byIds(ctx, input, input.AnomalyDetectorIds);
    if ((input.MaxResults ?? 0) > PAGE_MAX) badValue(input.MaxResults!, 'MaxResults');
    const types = input.AnomalyDetectorTypes?.length ? input.AnomalyDetectorTypes : ['SINGLE_METRIC'];
    const keep = (row: Detector) => types.includes(row.single ? 'SINGLE_METRIC' : 'METRIC_MATH') && fits(row, input);
    const { rows, page } = await resultsPage(ctx, detectors, [ctx.account, ctx.region], input, { keep });
    return { AnomalyDetectors: await views(ctx, rows), ...page };
  },
};

async function byIds(ctx: Context, input: DescribeAnomalyDetectorsInput, ids: readonly string[]) {
  const { Namespace, MetricName, Dimensions, AnomalyDetectorTypes } = input;
  if ([Namespace, MetricName, Dimensions, AnomalyDetectorTypes].some((each) => each !== undefined)) {
    invalidCombination('AnomalyDetectorIds cannot be used with filters.');
  }
  if (ids.length > IDS_MAX)
    invalidValue(`The collection AnomalyDetectorIds must not have a size greater than ${IDS_MAX}.`);
  const found: Detector[] = [];
  for (const id of ids) {
    const row = await ctx.store.get(detectors, [ctx.account, ctx.region, id]);
    if (row) found.push(row);
  }
  return { AnomalyDetectors: await views(ctx, found) };
}

function fits({ single }: Detector, { Namespace, MetricName, Dimensions }: DescribeAnomalyDetectorsInput): boolean {
  if (Namespace === undefined && MetricName === undefined && Dimensions === undefined) return true;
  if (!single) return false;
  const same = (dimensions: SingleMetric['dimensions']) =>
    dimensions.length === Dimensions?.length &&
    Dimensions.every(({ Name, Value }) => dimensions.some(([name, value]) => name === Name && value === Value));
  return (
    (Namespace === undefined || single.namespace === Namespace) &&
    (MetricName === undefined || single.name === MetricName) &&
    (Dimensions === undefined || same(single.dimensions))
  );
}

async function views(ctx: Context, found: readonly Detector[]): Promise<AnomalyDetector[]> {
  const all: AnomalyDetector[] = [];
  for (const detector of found) all.push(view(detector, await stateOf(ctx, detector)));
  return all;
}

const TRAINED_AFTER_MS = 3 * 86_400_000;

/** A metric nobody has sent cannot be learned from; three days of its data make a week's shape out. */
async function stateOf(ctx: Context, { single, created }: Detector): Promise<AnomalyDetectorStateValue> {
  if (single) {
    const id = metricId(ctx.account, ctx.region, single);
    const metric = await ctx.store.get(metricRows, [ctx.account, ctx.region, single.namespace, single.name, id]);
    if (!metric) return 'PENDING_TRAINING';
  }
  return ctx.now.getTime() - created < TRAINED_AFTER_MS ? 'TRAINED_INSUFFICIENT_DATA' : 'TRAINED';
}

function view(detector: Detector, state: AnomalyDetectorStateValue): AnomalyDetector {
  const { single, math } = detector;
  const metric = single && {
    Namespace: single.namespace,
    MetricName: single.name,
    Dimensions: dimensionList(single.dimensions),
    Stat: single.stat,
  };
  return {
    AnomalyDetectorId: detector.id,
    ...metric,
    Configuration: {
      ExcludedTimeRanges: detector.excluded.map(({ from, to }) => ({
        StartTime: new Date(from),
        EndTime: new Date(to),
      })),
      ...(detector.timezone !== undefined && { MetricTimezone: detector.timezone }),
      ...(detector.adaptation !== undefined && { AdaptationSpeed: detector.adaptation as 'FAST' }),
      ...(detector.outliers !== undefined && { OutlierFilteringStrength: detector.outliers as 'STRICT' }),
    },
    StateValue: state,
    ...(detector.periodicSpikes !== undefined && {
      MetricCharacteristics: { PeriodicSpikes: detector.periodicSpikes },
    }),
    ...(metric && { SingleMetricAnomalyDetector: metric }),
    ...(math && { MetricMathAnomalyDetector: { MetricDataQueries: [...math] } }),
  };
}
