/** Index policies of log groups. What an index is: fieldIndexes.ts. */
import {
  type DeleteIndexPolicyRequest,
  type DescribeFieldIndexesRequest,
  type DescribeFieldIndexesResponse,
  type DescribeIndexPoliciesRequest,
  type DescribeIndexPoliciesResponse,
  type FieldIndex,
  type IndexPolicy,
  InvalidParameterException,
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
import { groupArn, type LogGroup, logGroups } from './groupRows.ts';
import { moment, type Segment, segments } from './segments.ts';

type Field = NonNullable<LogGroup['indexPolicy']>['fields'][number];

const FIELDS_MAX = 20;
const NAME_LENGTH_MAX = 100;
const invalid = (why: string): never => fail(InvalidParameterException, `Invalid index policy: ${why}`);

function fieldsIn(document: string): Field[] {
  const { Fields = [], FieldsV2 = {} } = parsed(document);
  if (!Array.isArray(Fields) || typeof FieldsV2 !== 'object' || FieldsV2 === null) invalid('Fields is not a list');
  const plain = (Fields as unknown[]).map((name) => ({ name: String(name), type: 'FIELD_INDEX' as const }));
  const typed = Object.entries(FieldsV2 as Record<string, { type?: unknown }>).map(([name, field]) => {
    if (field?.type !== 'FIELD_INDEX' && field?.type !== 'FACET') invalid(`the type of ${name} is not known`);
    return { name, type: field.type as Field['type'] };
  });
  const fields = [...plain, ...typed];
  if (fields.length === 0) invalid('it names no field');
  if (fields.length > FIELDS_MAX) invalid(`it may name ${FIELDS_MAX} fields`);
  if (new Set(fields.map(({ name }) => name)).size < fields.length) invalid('a field is named twice');
  if (fields.some(({ name }) => name === '' || name.length > NAME_LENGTH_MAX)) {
    invalid(`the name of a field has 1 to ${NAME_LENGTH_MAX} characters`);
  }
  return fields;
}

function parsed(document: string): { Fields?: unknown; FieldsV2?: unknown } {
  try {
    const value: unknown = JSON.parse(document);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  } catch {
    // Not JSON.
  }
  return invalid('it is not a JSON object');
}

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
    const changed = { ...group, indexPolicy: { document, fields: fieldsIn(document), updated: ctx.now.getTime() } };
    await ctx.store.replace(logGroups, changed);
    return { indexPolicy: view(changed)[0] };
  },
);

const view = (group: LogGroup): IndexPolicy[] =>
  group.indexPolicy
    ? [
        {
          logGroupIdentifier: groupArn(group),
          lastUpdateTime: group.indexPolicy.updated,
          policyDocument: group.indexPolicy.document,
          source: 'LOG_GROUP',
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
  for (const identifier of logGroupIdentifiers) indexPolicies.push(...view(await ownGroup(ctx, identifier)));
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
  const { fields = [], updated = 0 } = group.indexPolicy ?? {};
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
      logGroupIdentifier: groupArn(group),
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
