/** PutMetricStream and what goes with it. */
import {
  type DeleteMetricStreamInput,
  type GetMetricStreamInput,
  type GetMetricStreamOutput,
  type ListMetricStreamsInput,
  type ListMetricStreamsOutput,
  type MetricStreamFilter,
  type PutMetricStreamInput,
  type PutMetricStreamOutput,
  ResourceNotFoundException,
  type StartMetricStreamsInput,
  type StopMetricStreamsInput,
} from '@aws-sdk/client-cloudwatch';
import type { Context } from '../../core/context.ts';
import { awsError, notImplemented } from '../../core/errors.ts';
import { uuid } from '../../core/ids.ts';
import { Missing, type Operation, type Present } from '../../core/operation.ts';
import { requestTags } from '../../core/tags.ts';
import { passRole } from '../../identity/passRole.ts';
import { checkTags } from './alarmChecks.ts';
import {
  changeMetricStream,
  type MetricFilter,
  type MetricStream,
  metricStreamArn,
  metricStreams,
  STREAMER,
  type StreamFormat,
} from './metricStreamRows.ts';
import { rulesPage } from './pages.ts';
import { percentileShare, statistic } from './statistics.ts';
import { badValue, invalidCombination, invalidValue, tooMany } from './words.ts';

type PutInput = Present<PutMetricStreamInput>;

const find = (ctx: Context, name: string) => ctx.store.get(metricStreams, [ctx.account, ctx.region, name]);

export const PutMetricStream: Operation<PutInput, PutMetricStreamOutput, MetricStream | undefined> = {
  load: (input, ctx) => find(ctx, input.Name),
  access: (input, ctx, existing) => [
    {
      resource: metricStreamArn(ctx, input.Name),
      resourceTags: existing?.tags,
      conditions: existing ? {} : requestTags(input.Tags),
    },
    passRole(input.RoleArn, STREAMER),
  ],
  async run(input, ctx, existing) {
    requireSound(ctx, input);
    const now = ctx.now.getTime();
    const stream: MetricStream = {
      account: ctx.account,
      region: ctx.region,
      name: input.Name,
      id: existing?.id ?? uuid(ctx),
      running: existing?.running ?? true,
      include: filtersIn(input.IncludeFilters),
      exclude: filtersIn(input.ExcludeFilters),
      firehoseArn: input.FirehoseArn,
      roleArn: input.RoleArn,
      format: input.OutputFormat as StreamFormat,
      additional: (input.StatisticsConfigurations ?? []).map(({ IncludeMetrics, AdditionalStatistics }) => ({
        metrics: (IncludeMetrics ?? []).map(({ Namespace = '', MetricName = '' }) => ({
          namespace: Namespace,
          name: MetricName,
        })),
        statistics: AdditionalStatistics ?? [],
      })),
      tags: existing?.tags ?? checkTags(input.Tags),
      created: existing?.created ?? now,
      updated: now,
    };
    await changeMetricStream(ctx.store, stream, stream);
    return { Arn: metricStreamArn(ctx, stream.name) };
  },
};

const filtersIn = (filters: readonly MetricStreamFilter[] | undefined): MetricFilter[] =>
  (filters ?? []).map(({ Namespace = '', MetricNames }) => ({
    namespace: Namespace,
    ...(MetricNames?.length && { names: MetricNames }),
  }));

const FILTERS_MAX = 1000;
const CONFIGURATIONS_MAX = 100;
const METRICS_MAX = 100;
const STATISTICS_MAX = 20;

function requireSound(ctx: Context, input: PutInput): void {
  const { IncludeFilters = [], ExcludeFilters = [], StatisticsConfigurations = [] } = input;
  if (!/^[\w-]+$/.test(input.Name)) badValue(input.Name, 'Name');
  if (input.IncludeLinkedAccountsMetrics) notImplemented('A metric stream of linked accounts');
  const [, account] =
    /^arn:[\w-]+:firehose:[\w-]+:(\d{12}):deliverystream\/[\w.-]{1,64}$/.exec(input.FirehoseArn) ?? [];
  if (account !== ctx.account) badValue(input.FirehoseArn, 'FirehoseArn');
  if (!/^arn:[\w-]+:iam::\d{12}:role\/.+$/.test(input.RoleArn)) badValue(input.RoleArn, 'RoleArn');
  if (IncludeFilters.length > 0 && ExcludeFilters.length > 0) {
    invalidCombination('IncludeFilters and ExcludeFilters cannot be used together.');
  }
  const filters = [...IncludeFilters, ...ExcludeFilters];
  if (filters.length > FILTERS_MAX) tooMany('filters', FILTERS_MAX);
  if (filters.some(({ Namespace }) => !Namespace)) invalidValue('A filter must have a Namespace.');
  if (StatisticsConfigurations.length > CONFIGURATIONS_MAX) tooMany('StatisticsConfigurations', CONFIGURATIONS_MAX);
  for (const { IncludeMetrics = [], AdditionalStatistics = [] } of StatisticsConfigurations) {
    if (IncludeMetrics.length > METRICS_MAX) tooMany('IncludeMetrics', METRICS_MAX);
    if (AdditionalStatistics.length > STATISTICS_MAX) tooMany('AdditionalStatistics', STATISTICS_MAX);
    for (const name of AdditionalStatistics) requireStatistic(name, input.OutputFormat);
  }
}

/** What every stream tells of is not additional; the formats of OpenTelemetry have room for percentiles only. */
const STANDARD = new Set(['SampleCount', 'Sum', 'Minimum', 'Maximum', 'Average']);

function requireStatistic(name: string, format: string): void {
  const isPossible = format === 'json' ? statistic(name) !== undefined : percentileShare(name) !== undefined;
  if (!isPossible || STANDARD.has(name)) badValue(name, 'AdditionalStatistics');
}

async function load(input: { Name: string }, ctx: Context): Promise<MetricStream | Missing> {
  const error = awsError(ResourceNotFoundException, `Metric stream ${input.Name} does not exist.`);
  return (await find(ctx, input.Name)) ?? new Missing(metricStreamArn(ctx, input.Name), error);
}

const stateOf = ({ running }: MetricStream) => (running ? 'running' : 'stopped');

const filtersView = (filters: readonly MetricFilter[]): MetricStreamFilter[] =>
  filters.map(({ namespace, names }) => ({ Namespace: namespace, ...(names && { MetricNames: [...names] }) }));

const entryOf = (stream: MetricStream) => ({
  Arn: metricStreamArn(stream, stream.name),
  Name: stream.name,
  FirehoseArn: stream.firehoseArn,
  State: stateOf(stream),
  CreationDate: new Date(stream.created),
  LastUpdateDate: new Date(stream.updated),
  OutputFormat: stream.format,
});

export const GetMetricStream: Operation<Present<GetMetricStreamInput>, GetMetricStreamOutput, MetricStream> = {
  load,
  access: (_input, ctx, stream) => ({ resource: metricStreamArn(ctx, stream.name), resourceTags: stream.tags }),
  run: async (_input, _ctx, stream) => ({
    ...entryOf(stream),
    RoleArn: stream.roleArn,
    ...(stream.include.length > 0 && { IncludeFilters: filtersView(stream.include) }),
    ...(stream.exclude.length > 0 && { ExcludeFilters: filtersView(stream.exclude) }),
    ...(stream.additional.length > 0 && {
      StatisticsConfigurations: stream.additional.map(({ metrics, statistics }) => ({
        IncludeMetrics: metrics.map(({ namespace, name }) => ({ Namespace: namespace, MetricName: name })),
        AdditionalStatistics: [...statistics],
      })),
    }),
    IncludeLinkedAccountsMetrics: false,
  }),
};

export const ListMetricStreams: Operation<ListMetricStreamsInput, ListMetricStreamsOutput> = {
  access: () => ({ resource: '*' }),
  async run(input, ctx) {
    const { rows, page } = await rulesPage(ctx, metricStreams, [ctx.account, ctx.region], input);
    return { Entries: rows.map(entryOf), ...page };
  },
};

/** One that is not there is gone already. */
export const DeleteMetricStream: Operation<Present<DeleteMetricStreamInput>, object, MetricStream | undefined> = {
  load: (input, ctx) => find(ctx, input.Name),
  access: (input, ctx, stream) => ({ resource: metricStreamArn(ctx, input.Name), resourceTags: stream?.tags }),
  async run(_input, ctx, stream) {
    if (stream) await changeMetricStream(ctx.store, stream);
    return {};
  },
};

type Names = Present<StartMetricStreamsInput & StopMetricStreamsInput>;
type Found = readonly (readonly [name: string, stream: MetricStream | undefined])[];

function turned(running: boolean): Operation<Names, object, Found> {
  return {
    load: ({ Names }, ctx) => Promise.all(Names.map(async (name) => [name, await find(ctx, name)] as const)),
    access: (_input, ctx, found) =>
      found.map(([name, stream]) => ({ resource: metricStreamArn(ctx, name), resourceTags: stream?.tags })),
    async run({ Names }, ctx, found) {
      if (Names.length === 0) invalidValue('Names must not be empty.');
      for (const [name, stream] of found) {
        if (!stream) invalidValue(`Metric stream ${name} does not exist.`);
        else if (stream.running !== running) {
          await changeMetricStream(ctx.store, stream, { ...stream, running, updated: ctx.now.getTime() });
        }
      }
      return {};
    },
  };
}

export const StartMetricStreams = turned(true);
export const StopMetricStreams = turned(false);
