/** Metric filters: numbers read out of events. What they make of events: metricSamples.ts. */
import {
  type DeleteMetricFilterRequest,
  type DescribeMetricFiltersRequest,
  type DescribeMetricFiltersResponse,
  InvalidParameterException,
  LimitExceededException,
  type MetricFilter as MetricFilterView,
  type MetricTransformation,
  type PutMetricFilterRequest,
  ResourceNotFoundException,
  type TestMetricFilterRequest,
  type TestMetricFilterResponse,
} from '@aws-sdk/client-cloudwatch-logs';
import type { Context } from '../../core/context.ts';
import { fail } from '../../core/errors.ts';
import type { Operation, Present } from '../../core/operation.ts';
import { EVENTS_BODY_BYTES_MAX, groupAccess, onAccount, onGroup, requireStandard } from './access.ts';
import { pacer } from './breath.ts';
import { fieldSelection } from './fieldSelection.ts';
import { findGroup, groupNamed } from './groupLookup.ts';
import { transformerOfGroup } from './groupPolicies.ts';
import { groupResource, type LogGroup, logGroups } from './groupRows.ts';
import { type MetricFilter, metricFilters } from './metricFilterRows.ts';
import { FILTERS_MAX } from './metricSamples.ts';
import { rowsPage } from './pages.ts';
import { type FilterPattern, filterPattern, matcherOf, subjectOf } from './patterns/index.ts';
import { numericText } from './patterns/json.ts';
import { requireRegexRoom } from './regexQuota.ts';

const WHAT = 'metric filter pattern';
const DIMENSIONS_MAX = 3;

export const PutMetricFilter = onGroup<Present<PutMetricFilterRequest>, object>({
  async run(input, ctx, group) {
    requireStandard(group, 'Metric filters');
    await requireHonoured(input, ctx, group);
    const transformation = input.metricTransformations[0]!;
    const pattern = filterPattern(input.filterPattern, WHAT);
    requireSound(transformation, pattern);
    const before = await ctx.store.get(metricFilters, [group.id, input.filterName]);
    await requireRoom(ctx, group, input.filterName, pattern);
    await ctx.store.replace<MetricFilter>(metricFilters, {
      account: group.account,
      region: group.region,
      group: group.id,
      groupName: group.name,
      name: input.filterName,
      pattern: input.filterPattern,
      created: before?.created ?? ctx.now.getTime(),
      transformation,
      onTransformed: input.applyOnTransformedLogs ?? false,
      ...(input.emitSystemFieldDimensions?.length && { systemFields: input.emitSystemFieldDimensions }),
      ...(input.fieldSelectionCriteria !== undefined && { criteria: input.fieldSelectionCriteria }),
    });
    if (!before) await ctx.store.replace(logGroups, { ...group, metricFilters: group.metricFilters + 1 });
    return {};
  },
});

const SYSTEM_FIELDS = new Set(['@aws.account', '@aws.region']);

async function requireHonoured(input: Present<PutMetricFilterRequest>, ctx: Context, group: LogGroup): Promise<void> {
  const { applyOnTransformedLogs, fieldSelectionCriteria, emitSystemFieldDimensions = [] } = input;
  if (applyOnTransformedLogs && !(await transformerOfGroup(ctx, group))) {
    fail(InvalidParameterException, 'The log group has no transformer.');
  }
  if (fieldSelectionCriteria !== undefined) fieldSelection(fieldSelectionCriteria);
  const unknown = emitSystemFieldDimensions.find((field) => !SYSTEM_FIELDS.has(field));
  if (unknown !== undefined) fail(InvalidParameterException, `Unknown system field '${unknown}'.`);
}

function requireSound(transformation: MetricTransformation, pattern: FilterPattern): void {
  const { metricNamespace = '', metricValue = '', defaultValue, dimensions = {} } = transformation;
  // As in PutMetricData: what services measure themselves is told by nobody else.
  if (metricNamespace.startsWith('AWS/')) {
    fail(InvalidParameterException, 'Invalid metric transformation: namespaces that begin with AWS/ are reserved.');
  }
  if (numericText(metricValue) === undefined && !selects(metricValue, pattern)) {
    fail(InvalidParameterException, 'Invalid metric transformation: metric value is neither a number nor a field.');
  }
  const selectors = Object.values(dimensions);
  if (selectors.length > DIMENSIONS_MAX) {
    fail(InvalidParameterException, 'Invalid metric transformation: at most 3 dimensions are allowed.');
  }
  if (selectors.length > 0 && defaultValue !== undefined) {
    const message = 'Invalid metric transformation: dimensions and default value are mutually exclusive properties.';
    fail(InvalidParameterException, message);
  }
  if (selectors.some((selector) => !selects(selector, pattern))) {
    fail(InvalidParameterException, 'Invalid metric transformation: a dimension names no field of the filter pattern.');
  }
}

/** Fields are those that a space-delimited pattern names, or properties of JSON events. */
function selects(text: string, pattern: FilterPattern): boolean {
  if (pattern.kind === 'json') return /^\$[.[]/.test(text);
  return pattern.kind === 'words' && (pattern.names?.has(text) ?? false);
}

async function requireRoom(ctx: Context, group: LogGroup, name: string, pattern: FilterPattern): Promise<void> {
  const { rows } = await ctx.store.list(metricFilters, [group.id], { limit: FILTERS_MAX + 1 });
  const others = rows.filter((row) => row.name !== name);
  if (others.length >= FILTERS_MAX) fail(LimitExceededException, 'Resource limit exceeded.');
  await requireRegexRoom(ctx, group, pattern, { metricFilter: name });
}

export const DeleteMetricFilter = onGroup<Present<DeleteMetricFilterRequest>, object>({
  async run({ filterName }, ctx, group) {
    if (!(await ctx.store.remove(metricFilters, [group.id, filterName]))) {
      fail(ResourceNotFoundException, 'The specified metric filter does not exist.');
    }
    await ctx.store.replace(logGroups, { ...group, metricFilters: group.metricFilters - 1 });
    return {};
  },
});

type Described = Operation<DescribeMetricFiltersRequest, DescribeMetricFiltersResponse, LogGroup | undefined>;

/** Of one group, or of all. */
export const DescribeMetricFilters: Described = {
  async load({ logGroupName }, ctx) {
    if (logGroupName === undefined) return undefined;
    return findGroup(ctx, groupNamed(ctx, { logGroupName }));
  },
  access: (_input, ctx, group) =>
    group ? groupAccess(group) : { resource: groupResource({ account: ctx.account, region: ctx.region, name: '' }) },
  async run(input, ctx, group) {
    const { metricName, metricNamespace, filterNamePrefix: startsWith } = input;
    if ((metricName === undefined) !== (metricNamespace === undefined)) {
      fail(InvalidParameterException, 'metricName and metricNamespace must be specified together.');
    }
    const { rows, page } = await pageOf(ctx, input, group, startsWith);
    return { metricFilters: rows.map(view), ...page };
  },
};

function pageOf(ctx: Context, input: DescribeMetricFiltersRequest, group: LogGroup | undefined, startsWith?: string) {
  const { metricName, metricNamespace } = input;
  const { account, region } = ctx;
  const named = (filter: MetricFilter) => startsWith === undefined || filter.name.startsWith(startsWith);
  if (metricName !== undefined && metricNamespace !== undefined) {
    const fits = (filter: MetricFilter) => (group === undefined || filter.group === group.id) && named(filter);
    const prefix = [account, region, metricNamespace, metricName];
    return rowsPage(ctx, metricFilters, prefix, input, { index: 'metric', keep: fits });
  }
  if (group) return rowsPage(ctx, metricFilters, [group.id], input, { startsWith });
  return rowsPage(ctx, metricFilters, [account, region], input, { startsWith, index: 'account' });
}

const view = (filter: MetricFilter): MetricFilterView => ({
  filterName: filter.name,
  filterPattern: filter.pattern,
  metricTransformations: [filter.transformation],
  creationTime: filter.created,
  logGroupName: filter.groupName,
  applyOnTransformedLogs: filter.onTransformed,
  fieldSelectionCriteria: filter.criteria,
  emitSystemFieldDimensions: filter.systemFields && [...filter.systemFields],
});

export const TestMetricFilter = onAccount<Present<TestMetricFilterRequest>, TestMetricFilterResponse>(
  async ({ filterPattern: text, logEventMessages }) => {
    const pattern = filterPattern(text, WHAT);
    const matches: NonNullable<TestMetricFilterResponse['matches']> = [];
    const matcher = matcherOf(pattern);
    const pace = pacer();
    for (const [i, eventMessage] of logEventMessages.entries()) {
      await pace();
      const subject = subjectOf(eventMessage);
      if (!matcher(subject)) continue;
      matches.push({ eventNumber: i + 1, eventMessage, extractedValues: pattern.extract(subject) });
    }
    return { matches };
  },
  { bodyBytesMax: EVENTS_BODY_BYTES_MAX },
);
