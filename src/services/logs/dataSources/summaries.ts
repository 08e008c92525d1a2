/** How many groups there are of each data source. */
import type {
  AggregateLogGroupSummary,
  ListAggregateLogGroupSummariesRequest,
  ListAggregateLogGroupSummariesResponse,
} from '@aws-sdk/client-cloudwatch-logs';
import type { Context } from '../../../core/context.ts';
import type { Present } from '../../../core/operation.ts';
import { everyRow } from '../../../store/everyRow.ts';
import { onAccount } from '../access.ts';
import { pacer } from '../breath.ts';
import { namePattern, ofClass } from '../groupFilters.ts';
import { type LogGroup, logGroups } from '../groupRows.ts';
import { itemsPage } from '../pages.ts';
import { type DataSource, dataSourceOf, isFrom } from './sources.ts';

type Asked = Present<ListAggregateLogGroupSummariesRequest>;

export const ListAggregateLogGroupSummaries = onAccount<Asked, ListAggregateLogGroupSummariesResponse>(
  async (input, ctx) => {
    const { items, page } = itemsPage(await summaries(input, ctx), input);
    return { aggregateLogGroupSummaries: items.map(({ summary }) => summary), ...page };
  },
);

interface Found {
  readonly key: string;
  readonly summary: AggregateLogGroupSummary;
}

/** No other account is linked to this one. */
async function summaries(input: Asked, ctx: Context): Promise<Found[]> {
  const { accountIdentifiers: accounts = [], logGroupNamePattern: pattern } = input;
  if (accounts.length > 0 && !accounts.includes(ctx.account)) return [];
  const named = pattern === undefined ? undefined : namePattern(pattern);
  const fits = (group: LogGroup) =>
    (named?.test(group.name) ?? true) && ofClass(input, group) && isFrom(input.dataSources ?? [], group);
  const counts = new Map<string, { readonly source: DataSource; count: number }>();
  const pace = pacer();
  for await (const group of everyRow(ctx.store, logGroups, [ctx.account, ctx.region])) {
    const pause = pace();
    if (pause) await pause;
    if (!fits(group)) continue;
    const source = dataSourceOf(group);
    const key = identifiersOf(input, source)
      .map(({ value }) => value)
      .join(' ');
    const known = counts.get(key);
    if (known) known.count++;
    else counts.set(key, { source, count: 1 });
  }
  return [...counts]
    .map(([key, { source, count }]) => ({
      key,
      summary: { logGroupCount: count, groupingIdentifiers: identifiersOf(input, source) },
    }))
    .sort((a, b) => (a.key < b.key ? -1 : 1));
}

const identifiersOf = ({ groupBy }: Asked, { name, type, format }: DataSource) => [
  { key: 'dataSource.Name', value: name },
  { key: 'dataSource.Type', value: type },
  ...(groupBy === 'DATA_SOURCE_NAME_TYPE_AND_FORMAT' ? [{ key: 'dataSource.Format', value: format }] : []),
];
