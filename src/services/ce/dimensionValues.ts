/** GetDimensionValues and GetTags: what there is to filter and group by. */
import type {
  DimensionValuesWithAttributes,
  GetDimensionValuesRequest,
  GetDimensionValuesResponse,
  GetTagsRequest,
  GetTagsResponse,
  SortDefinition,
} from '@aws-sdk/client-cost-explorer';
import { ValidationFailure } from '../../core/errors.ts';
import type { Operation, Present } from '../../core/operation.ts';
import { reportAccess, requirePrimaryView } from './access.ts';
import { UNIT } from './catalog.ts';
import { dimensionOf, reportedDimension } from './dimensions.ts';
import { compileFilter } from './filters.ts';
import { addTo, amountOf, metricNamed, noSums, type Sums } from './metrics.ts';
import { reportedPeriod } from './periods.ts';
import { pageOf } from './tokens.ts';
import { meteredRows, type VisibleAccount, visibleAccounts } from './usage.ts';

const PAGE_MAX = 1000;

export const GetDimensionValues: Operation<Present<GetDimensionValuesRequest>, GetDimensionValuesResponse> = {
  access: reportAccess('GetDimensionValues'),
  async run(input, ctx) {
    requirePrimaryView(input.BillingViewArn, ctx);
    const period = reportedPeriod(input.TimePeriod, undefined, ctx.now);
    const dimension = reportedDimension(input.Dimension);
    const fits = compileFilter(input.Filter);
    const size = pageSize(input);
    await ctx.journal.catchUp();
    const among = await visibleAccounts(ctx);
    const found = new Map<string, Sums>();
    // Reservations and savings plans have no values: the plane sells none.
    if ((input.Context ?? 'COST_AND_USAGE') === 'COST_AND_USAGE') {
      for await (const row of meteredRows(ctx, among, period)) {
        const value = dimensionOf(dimension, row);
        if (value === undefined || !fits(row)) continue;
        let sums = found.get(value);
        if (!sums) found.set(value, (sums = noSums()));
        addTo(sums, row);
      }
    }
    const search = input.SearchString?.toLowerCase() ?? '';
    const values = ordered(found, input.SortBy).filter((value) => value.toLowerCase().includes(search));
    const { items, page } = pageOf(values, size, input, ctx);
    const shown = items.map((value) => withAttributes(dimension, value, among));
    return { DimensionValues: shown, ReturnSize: shown.length, TotalSize: values.length, ...page };
  },
};

interface Sorted {
  readonly SortBy?: readonly SortDefinition[] | undefined;
  readonly SearchString?: string | undefined;
  readonly NextPageToken?: string | undefined;
  readonly MaxResults?: number | undefined;
  readonly Context?: string | undefined;
}

function pageSize({ SortBy, SearchString, NextPageToken, MaxResults = PAGE_MAX, Context }: Sorted): number {
  if (MaxResults > PAGE_MAX) throw new ValidationFailure(`MaxResults must be at most ${PAGE_MAX}.`);
  if (SortBy?.length) {
    if (SearchString !== undefined) throw new ValidationFailure('SearchString is not supported with SortBy.');
    if (NextPageToken !== undefined) throw new ValidationFailure('NextPageToken is not supported with SortBy.');
    if (Context !== undefined && Context !== 'COST_AND_USAGE') {
      throw new ValidationFailure('SortBy is only supported for the context COST_AND_USAGE.');
    }
  }
  return MaxResults;
}

/** By name; with SortBy by the metrics named, in turn. */
function ordered(found: ReadonlyMap<string, Sums>, sortBy: readonly SortDefinition[] | undefined): string[] {
  const orders = (sortBy ?? []).map(({ Key, SortOrder }) => ({
    metric: metricNamed(Key ?? ''),
    sign: SortOrder === 'DESCENDING' ? -1 : 1,
  }));
  const sorted = [...found].sort(([a, x], [b, y]) => {
    for (const { metric, sign } of orders) {
      const difference = amountOf(metric, x) - amountOf(metric, y);
      if (difference !== 0) return sign * difference;
    }
    return a < b ? -1 : 1;
  });
  return sorted.map(([value]) => value);
}

function withAttributes(
  dimension: string,
  value: string,
  among: readonly VisibleAccount[],
): DimensionValuesWithAttributes {
  if (dimension === 'USAGE_TYPE') return { Value: value, Attributes: { unit: UNIT } };
  const name = dimension === 'LINKED_ACCOUNT' ? among.find(({ id }) => id === value)?.name : undefined;
  return { Value: value, Attributes: name === undefined ? {} : { description: name } };
}

/** Calls carry no cost allocation tags, so there are no keys and no values: said honestly, checked like the rest. */
export const GetTags: Operation<Present<GetTagsRequest>, GetTagsResponse> = {
  access: reportAccess('GetTags'),
  async run(input, ctx) {
    requirePrimaryView(input.BillingViewArn, ctx);
    reportedPeriod(input.TimePeriod, undefined, ctx.now);
    compileFilter(input.Filter);
    const size = pageSize(input);
    for (const { Key } of input.SortBy ?? []) metricNamed(Key ?? '');
    const { items, page } = pageOf<string>([], size, input, ctx);
    return { Tags: [...items], ReturnSize: 0, TotalSize: 0, ...page };
  },
};
