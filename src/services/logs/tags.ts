/** Tags of log groups and of all else that has an ARN: a map on the wire, an ordered list in a row. */
import {
  InvalidParameterException,
  type ListTagsForResourceRequest,
  type ListTagsForResourceResponse,
  type ListTagsLogGroupRequest,
  type ListTagsLogGroupResponse,
  ResourceNotFoundException,
  type TagLogGroupRequest,
  type TagResourceRequest,
  TooManyTagsException,
  type UntagLogGroupRequest,
  type UntagResourceRequest,
} from '@aws-sdk/client-cloudwatch-logs';
import type { Context } from '../../core/context.ts';
import { awsError, fail } from '../../core/errors.ts';
import { Missing, type Operation, type Present, type Tag } from '../../core/operation.ts';
import { requestTagKeys, requestTags, withoutTags, withTags } from '../../core/tags.ts';
import { deliverySources, vendedDeliveries } from '../../core/vendedLogs.ts';
import type { Table } from '../../store/store.ts';
import { onGroup } from './access.ts';
import { anomalyDetectors } from './anomalies/detectorRows.ts';
import { deliveryDestinations } from './deliveryDestinations.ts';
import { type LogGroup, logGroups } from './groupRows.ts';
import { lookupTables } from './lookups/rows.ts';
import { scheduledQueries } from './scheduled/rows.ts';
import { destinations } from './subscriptions/rows.ts';

const TAGS_MAX = 50;

type TagMap = Readonly<Record<string, string>>;

export const tagList = (tags: TagMap | undefined): Tag[] =>
  Object.entries(tags ?? {}).map(([Key, Value]) => ({ Key, Value }));

export const tagMap = (tags: readonly Tag[]): Record<string, string> =>
  Object.fromEntries(tags.map(({ Key, Value }) => [Key, Value]));

/** `aws:RequestTag/…` and `aws:TagKeys`. */
export const tagConditions = (tags: TagMap | undefined) => requestTags(tagList(tags));

/** `tags` with these put over them, if AWS accepts them. */
export function acceptedTags(tags: readonly Tag[], given: TagMap | undefined): readonly Tag[] {
  const changes = tagList(given);
  if (changes.some(({ Key }) => /^aws:/i.test(Key))) {
    fail(InvalidParameterException, 'User-defined tag keys can\'t start with "aws:".');
  }
  const merged = withTags(tags, changes);
  if (merged.length > TAGS_MAX) {
    fail(TooManyTagsException, 'The maximum number of tags per resource is 50.', { resourceName: '' });
  }
  return merged;
}

/** Something that has tags: a row of a table. */
interface Tagged {
  readonly tags: readonly Tag[];
}
interface Kind<R extends Tagged> {
  readonly table: Table<R>;
  /** The resource part of its ARN; its one group is the last part of the key. */
  readonly resource: RegExp;
}

const kind = <R extends Tagged>(table: Table<R>, resource: RegExp) => ({ table, resource }) as unknown as Kind<Tagged>;

const KINDS: readonly Kind<Tagged>[] = [
  kind(logGroups, /^log-group:([^:]+)(?::\*)?$/),
  kind(deliveryDestinations, /^delivery-destination:([^:]+)$/),
  kind(deliverySources, /^delivery-source:([^:]+)$/),
  kind(vendedDeliveries, /^delivery:([^:]+)$/),
  kind(destinations, /^destination:([^:]+)$/),
  kind(anomalyDetectors, /^anomaly-detector:([^:]+)$/),
  kind(lookupTables, /^lookup-table:([^:]+)$/),
  kind(scheduledQueries, /^scheduled-query:([^:]+)$/),
];

interface Found {
  readonly table: Table<Tagged>;
  readonly row: Tagged;
  readonly arn: string;
}

const ARN = /^arn:aws:logs:([a-z0-9-]+):(\d{12}):(.+)$/;

async function findTagged({ resourceArn }: { resourceArn: string }, ctx: Context): Promise<Found | Missing> {
  const [, region = '', account = '', resource = ''] = ARN.exec(resourceArn) ?? [];
  const arn = resourceArn.replace(/:\*$/, '');
  for (const { table, resource: pattern } of KINDS) {
    const name = pattern.exec(resource)?.[1];
    const row = name && region === ctx.region ? await ctx.store.get(table, [account, region, name]) : undefined;
    if (row) return { table, row, arn };
  }
  return new Missing(arn, awsError(ResourceNotFoundException, 'The specified resource does not exist.'));
}

function onTagged<In extends { resourceArn: string }, Out>(
  conditions: (input: In) => Record<string, string | readonly string[]>,
  run: (input: In, ctx: Context, found: Found) => Promise<Out>,
): Operation<In, Out, Found> {
  return {
    load: findTagged,
    access: (input, _ctx, { row, arn }) => ({ resource: arn, resourceTags: row.tags, conditions: conditions(input) }),
    run,
  };
}

export const TagResource = onTagged<Present<TagResourceRequest>, object>(
  (input) => tagConditions(input.tags),
  async (input, ctx, { table, row }) => {
    await ctx.store.replace(table, { ...row, tags: acceptedTags(row.tags, input.tags) });
    return {};
  },
);

export const UntagResource = onTagged<Present<UntagResourceRequest>, object>(
  (input) => requestTagKeys(input.tagKeys),
  async (input, ctx, { table, row }) => {
    await ctx.store.replace(table, { ...row, tags: withoutTags(row.tags, input.tagKeys) });
    return {};
  },
);

export const ListTagsForResource = onTagged<Present<ListTagsForResourceRequest>, ListTagsForResourceResponse>(
  () => ({}),
  async (_input, _ctx, { row }) => ({ tags: tagMap(row.tags) }),
);

const retagged = (ctx: Context, group: LogGroup, tags: readonly Tag[]) =>
  ctx.store.replace(logGroups, { ...group, tags });

export const TagLogGroup = onGroup<Present<TagLogGroupRequest>, object>({
  conditions: (input) => tagConditions(input.tags),
  async run(input, ctx, group) {
    await retagged(ctx, group, acceptedTags(group.tags, input.tags));
    return {};
  },
});

export const UntagLogGroup = onGroup<Present<UntagLogGroupRequest>, object>({
  conditions: (input) => requestTagKeys(input.tags),
  async run(input, ctx, group) {
    await retagged(ctx, group, withoutTags(group.tags, input.tags));
    return {};
  },
});

export const ListTagsLogGroup = onGroup<Present<ListTagsLogGroupRequest>, ListTagsLogGroupResponse>({
  run: async (_input, _ctx, group) => ({ tags: tagMap(group.tags) }),
});
