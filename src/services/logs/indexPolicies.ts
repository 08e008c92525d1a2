/** Index policies of log groups. What an index is: fieldIndexes.ts. */
import {
  type DeleteIndexPolicyRequest,
  type DescribeFieldIndexesRequest,
  type DescribeFieldIndexesResponse,
  type DescribeIndexPoliciesRequest,
  type DescribeIndexPoliciesResponse,
  type FieldIndex,
  type IndexPolicy,
  type PutIndexPolicyRequest,
  type PutIndexPolicyResponse,
  ResourceNotFoundException,
} from '@aws-sdk/client-cloudwatch-logs';
import type { Context } from '../../core/context.ts';
import { fail } from '../../core/errors.ts';
import type { Operation, Present } from '../../core/operation.ts';
import { onAccount, requireStandard } from './access.ts';
import { INDEXED_MS } from './fieldIndexes.ts';
import { identified, noSuchGroup } from './groupLookup.ts';
import { type Indexing, indexingOf } from './groupPolicies.ts';
import { groupArn, type LogGroup, logGroups } from './groupRows.ts';
import { fieldsIn } from './indexDocuments.ts';
import { moment, type Segment, segments } from './segments.ts';

/** These operations have no resource in policies, so that nobody reaches groups of other accounts. */
async function ownGroup(ctx: Context, identifier: string): Promise<LogGroup> {
  const { account, region, name } = identified(ctx, identifier);
  const own = account === ctx.account && region === ctx.region;
  const group = own ? await ctx.store.get(logGroups, [account, region, name]) : undefined;
  if (!group) throw noSuchGroup();
  return group;
}

export const PutIndexPolicy = onAccount<Present<PutIndexPolicyRequest>, PutIndexPolicyResponse>(
  async ({ logGroupIdentifier, policyDocument: document }, ctx) => {
    const group = await ownGroup(ctx, logGroupIdentifier);
    requireStandard(group, 'Field indexing');
    const indexPolicy = { document, fields: fieldsIn(document), updated: ctx.now.getTime() };
    await ctx.store.replace(logGroups, { ...group, indexPolicy });
    return { indexPolicy: view(group, indexPolicy)[0] };
  },
);

const view = (group: LogGroup, indexing: Indexing | undefined): IndexPolicy[] =>
  indexing
    ? [
        {
          logGroupIdentifier: groupArn(group),
          lastUpdateTime: indexing.updated,
          policyDocument: indexing.document,
          ...(indexing.policy !== undefined && { policyName: indexing.policy }),
          source: indexing.policy === undefined ? 'LOG_GROUP' : 'ACCOUNT',
        },
      ]
    : [];

/** What is indexed stays so. */
export const DeleteIndexPolicy = onAccount<Present<DeleteIndexPolicyRequest>, object>(
  async ({ logGroupIdentifier }, ctx) => {
    const { indexPolicy, ...rest } = await ownGroup(ctx, logGroupIdentifier);
    if (!indexPolicy) fail(ResourceNotFoundException, 'The specified log group has no index policy.');
    await ctx.store.replace(logGroups, rest);
    return {};
  },
);

export const DescribeIndexPolicies: Operation<
  Present<DescribeIndexPoliciesRequest>,
  DescribeIndexPoliciesResponse
> = onAccount(async ({ logGroupIdentifiers }, ctx) => {
  const indexPolicies: IndexPolicy[] = [];
  for (const identifier of logGroupIdentifiers) {
    const group = await ownGroup(ctx, identifier);
    indexPolicies.push(...view(group, await indexingOf(ctx, group)));
  }
  return { indexPolicies };
});

export const DescribeFieldIndexes: Operation<
  Present<DescribeFieldIndexesRequest>,
  DescribeFieldIndexesResponse
> = onAccount(async ({ logGroupIdentifiers, indexCategories }, ctx) => {
  const fieldIndexes: FieldIndex[] = [];
  const asked = !indexCategories?.length || indexCategories.includes('CUSTOM');
  for (const identifier of logGroupIdentifiers) {
    const group = await ownGroup(ctx, identifier);
    if (asked) fieldIndexes.push(...(await indexViews(ctx, group)));
  }
  return { fieldIndexes };
});

const ROWS_LOOKED_AT = 500;

/** By the first and the last batches that came in while they are indexed. */
async function indexViews(ctx: Context, group: LogGroup): Promise<FieldIndex[]> {
  const { fields = [], updated = 0, policy } = (await indexingOf(ctx, group)) ?? {};
  if (fields.length === 0) return [];
  const from = moment(Math.max(updated, ctx.now.getTime() - INDEXED_MS));
  const page = { index: 'arrived', from, limit: ROWS_LOOKED_AT };
  const { rows } = await ctx.store.list(segments, [group.id], page);
  const newest: Segment[] = [];
  for (const index of ['0', '1', '2']) {
    const back = { index: 'back', limit: ROWS_LOOKED_AT };
    newest.push(...(await ctx.store.list(segments, [group.id, index], back)).rows);
  }
  const scanned = [...rows, ...newest].filter(({ ingested }) => ingested >= updated);
  return fields.map(({ name, type }) => {
    const holding = scanned.filter(({ indexes }) => indexes && Object.hasOwn(indexes, name));
    return {
      ...(policy === undefined && { logGroupIdentifier: groupArn(group) }),
      fieldIndexName: name,
      type,
      indexCategory: 'CUSTOM' as const,
      ...(scanned.length > 0 && { lastScanTime: Math.max(...scanned.map(({ ingested }) => ingested)) }),
      ...(holding.length > 0 && {
        firstEventTime: Math.min(...holding.map(({ first }) => first)),
        lastEventTime: Math.max(...holding.map(({ last }) => last)),
      }),
    };
  });
}
