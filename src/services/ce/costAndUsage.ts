/** GetCostAndUsage: metered rows by month, day or hour, filtered, and grouped by up to two definitions. */
import type {
  DimensionValuesWithAttributes,
  GetCostAndUsageRequest,
  GetCostAndUsageResponse,
  Group,
  GroupDefinition,
  ResultByTime,
} from '@aws-sdk/client-cost-explorer';
import { ValidationFailure } from '../../core/errors.ts';
import type { Operation, Present } from '../../core/operation.ts';
import { reportAccess, requirePrimaryView } from './access.ts';
import { absentGroup, dimensionOf, reportedDimension } from './dimensions.ts';
import { compileFilter } from './filters.ts';
import { addTo, metricsNamed, metricsView, noSums, type Sums } from './metrics.ts';
import { cut, monthStart, type Period, reportedPeriod } from './periods.ts';
import { pageOf } from './tokens.ts';
import { type MeteredRow, meteredRows, type VisibleAccount, visibleAccounts } from './usage.ts';

/** Groups, or periods without groups, on a page. */
const PAGE_MAX = 1000;
const GROUPINGS_MAX = 2;

type Input = Present<GetCostAndUsageRequest>;

export const GetCostAndUsage: Operation<Input, GetCostAndUsageResponse> = {
  access: reportAccess('GetCostAndUsage'),
  async run(input, ctx) {
    requirePrimaryView(input.BillingViewArn, ctx);
    const period = reportedPeriod(input.TimePeriod, input.Granularity, ctx.now);
    const metrics = metricsNamed(input.Metrics);
    const fits = compileFilter(input.Filter);
    const keysOf = groupingOf(input.GroupBy ?? []);
    await ctx.journal.catchUp();
    const among = await visibleAccounts(ctx);
    const periods = cut(period, input.Granularity);
    const tables = await sumsOf(meteredRows(ctx, among, period), periods, fits, keysOf);
    const perUsageType = input.GroupBy?.some((group) => group.Key === 'USAGE_TYPE') ?? false;
    const lines = periods.flatMap((each, i) => linesOf(each, tables[i] ?? new Map(), keysOf !== undefined));
    const { items, page } = pageOf(lines, PAGE_MAX, input, ctx);
    const view = (sums: Sums) => metricsView(metrics, sums, perUsageType);
    return {
      ...(input.GroupBy?.length ? { GroupDefinitions: input.GroupBy.map((group) => ({ ...group })) } : {}),
      ResultsByTime: resultsOf(items, view, ctx.now, keysOf !== undefined),
      DimensionValueAttributes: attributesOf(input, items, among),
      ...page,
    };
  },
};

/** The keys of a row's group; undefined without grouping. */
type Keys = (row: MeteredRow) => readonly string[];

function groupingOf(groups: readonly GroupDefinition[]): Keys | undefined {
  if (groups.length === 0) return undefined;
  if (groups.length > GROUPINGS_MAX) {
    throw new ValidationFailure(`GroupBy can have at most ${GROUPINGS_MAX} group definitions.`);
  }
  const parts = groups.map(keyOf);
  return (row) => parts.map((part) => part(row));
}

/** Calls carry no tags and no cost categories: their group is the key without a value, `Team$`. */
function keyOf({ Type = 'DIMENSION', Key }: GroupDefinition): (row: MeteredRow) => string {
  if (Type !== 'DIMENSION') {
    if (!Key) throw new ValidationFailure('Key of a group definition must not be empty.');
    return () => `${Key}$`;
  }
  const name = reportedDimension(Key);
  return (row) => dimensionOf(name, row) ?? absentGroup(name);
}

interface Total {
  readonly keys: readonly string[];
  readonly sums: Sums;
}

/** For each period, in order, its groups by key. Without grouping there is one group. */
async function sumsOf(
  rows: AsyncIterable<MeteredRow>,
  periods: readonly Period[],
  fits: (row: MeteredRow) => boolean,
  keysOf: Keys | undefined,
): Promise<Map<string, Total>[]> {
  const tables = periods.map(() => new Map<string, Total>());
  const starts = periods.map((period) => period.Start.slice(0, period.Start.length > 10 ? 13 : 10));
  for await (const row of rows) {
    if (!fits(row)) continue;
    const table = tables[lastAtMost(starts, row.time)];
    if (!table) continue;
    const keys = keysOf?.(row) ?? [];
    const id = keys.join('\u0000');
    let total = table.get(id);
    if (!total) table.set(id, (total = { keys, sums: noSums() }));
    addTo(total.sums, row);
  }
  return tables;
}

/** Index of the last text that is not after this one. */
function lastAtMost(texts: readonly string[], text: string): number {
  let low = 0;
  let high = texts.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((texts[middle] as string) <= text) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** One line of the answer: a period and one of its groups, or none. */
interface Line {
  readonly period: Period;
  readonly total: Total | undefined;
}

function linesOf(period: Period, groups: ReadonlyMap<string, Total>, grouped: boolean): Line[] {
  if (!grouped) return [{ period, total: groups.get('') ?? { keys: [], sums: noSums() } }];
  if (groups.size === 0) return [{ period, total: undefined }];
  const sorted = [...groups].sort(([a], [b]) => (a < b ? -1 : 1));
  return sorted.map(([, total]) => ({ period, total }));
}

function resultsOf(
  lines: readonly Line[],
  view: (sums: Sums) => Group['Metrics'],
  now: Date,
  grouped: boolean,
): ResultByTime[] {
  const results: (ResultByTime & { Groups: Group[] })[] = [];
  for (const { period, total } of lines) {
    let result = results.at(-1);
    if (result?.TimePeriod !== period) {
      // The bill of a month stays open until the month is over.
      const Estimated = Date.parse(period.End) > monthStart(now);
      result = { TimePeriod: period, Total: grouped || !total ? {} : view(total.sums), Groups: [], Estimated };
      results.push(result);
    }
    if (grouped && total) result.Groups.push({ Keys: [...total.keys], Metrics: view(total.sums) });
  }
  return results;
}

/** Names of the accounts that groups are about. */
function attributesOf(
  { GroupBy = [] }: Input,
  lines: readonly Line[],
  among: readonly VisibleAccount[],
): DimensionValuesWithAttributes[] {
  const at = GroupBy.findIndex((group) => group.Key === 'LINKED_ACCOUNT' && group.Type !== 'TAG');
  if (at < 0) return [];
  const shown = new Set(lines.map((line) => line.total?.keys[at]));
  return among
    .filter(({ id }) => shown.has(id))
    .map(({ id, name }) => ({ Value: id, Attributes: { description: name } }));
}
