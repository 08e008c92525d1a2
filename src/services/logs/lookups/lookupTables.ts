/** Making, changing and reading lookup tables. */
import {
  type CreateLookupTableRequest,
  type CreateLookupTableResponse,
  type DeleteLookupTableRequest,
  type DescribeLookupTablesRequest,
  type DescribeLookupTablesResponse,
  type GetLookupTableRequest,
  type GetLookupTableResponse,
  type GetQueryResultsResponse,
  InvalidParameterException,
  LimitExceededException,
  type LookupTable as LookupTableView,
  ResourceAlreadyExistsException,
  ResourceNotFoundException,
  type UpdateLookupTableRequest,
  type UpdateLookupTableResponse,
} from '@aws-sdk/client-cloudwatch-logs';
import type { Context } from '../../../core/context.ts';
import { csvLine } from '../../../core/csv.ts';
import { awsError, fail } from '../../../core/errors.ts';
import { lowerId } from '../../../core/ids.ts';
import { Missing, type Operation, type Present } from '../../../core/operation.ts';
import { quota } from '../../../core/quotas.ts';
import { csvRows } from '../csv.ts';
import { rowsPage } from '../pages.ts';
import { callersKey, plainKey, requireDecrypt } from '../resourceKeys.ts';
import { acceptedTags, tagConditions } from '../tags.ts';
import { dropText, keepText, type LookupTable, lookupTableArn, lookupTables, textOfTable } from './rows.ts';

const TABLES_MAX = 100;
const BYTES_MAX = 10 * 1024 * 1024;
/** As JSON, with escapes. */
const BODY_BYTES_MAX = 2 * BYTES_MAX + 65_536;
const NAME = /^[A-Za-z0-9_-]{1,256}$/;
const DESCRIPTION_LENGTH_MAX = 1_024;
const FIELDS_MAX = 1_000;
const invalid = (message: string): never => fail(InvalidParameterException, message);

export const CreateLookupTable: Operation<Present<CreateLookupTableRequest>, CreateLookupTableResponse> = {
  bodyBytesMax: BODY_BYTES_MAX,
  access: ({ lookupTableName: name, tags }, { account, region }) => ({
    resource: lookupTableArn({ account, region, name }),
    conditions: tagConditions(tags),
  }),
  async run(input, ctx) {
    const { account, region } = ctx;
    const name = input.lookupTableName;
    if (!NAME.test(name)) invalid('The name of a lookup table has letters, digits, hyphens and underscores only.');
    if (await ctx.store.get(lookupTables, [account, region, name])) {
      fail(ResourceAlreadyExistsException, `The lookup table ${name} already exists.`);
    }
    if (!(await ctx.store.fits(lookupTables, [account], quota(ctx, 'Lookup tables', TABLES_MAX)))) {
      fail(LimitExceededException, 'Resource limit exceeded.');
    }
    const table: LookupTable = {
      account,
      region,
      name,
      tags: acceptedTags([], input.tags),
      ...(await filled(input, ctx, { account, region, name })),
    };
    await ctx.store.insert(lookupTables, table);
    return { lookupTableArn: lookupTableArn(table), createdAt: table.updated };
  },
};

type Place = Pick<LookupTable, 'account' | 'region' | 'name'>;

/** What is in the table from now on. */
async function filled(input: Omit<UpdateLookupTableRequest, 'lookupTableArn'>, ctx: Context, place: Place) {
  if ((input.description?.length ?? 0) > DESCRIPTION_LENGTH_MAX) invalid('The description is too long.');
  if ((input.tableBody === undefined) === (input.queryId === undefined)) {
    invalid('Exactly one of tableBody and queryId must be specified.');
  }
  const text = input.tableBody ?? (await resultsAsText(ctx, input.queryId!));
  const bytes = Buffer.byteLength(text);
  if (bytes > BYTES_MAX) invalid('The content of a lookup table must not exceed 10 MB.');
  const [fields = [], ...records] = csvRows(text);
  if (fields.length === 0 || fields.length > FIELDS_MAX || fields.includes('')) {
    invalid('The first row of a lookup table must be a header row with the names of its columns.');
  }
  if (new Set(fields).size < fields.length) invalid('The names of the columns must be unique.');
  const wrong = records.findIndex(({ length }) => length !== fields.length);
  if (wrong >= 0) invalid(`Row ${wrong + 2} has not as many columns as the header row.`);
  const data = lowerId(16, ctx);
  const arn = lookupTableArn(place);
  // An empty text takes a key away.
  const kms = input.kmsKeyId ? await callersKey(ctx, input.kmsKeyId, arn) : undefined;
  const pieces = keepText(ctx, data, text, kms && (await plainKey(ctx, kms, arn)));
  const { description } = input;
  const updated = ctx.now.getTime();
  return { description, fields, records: records.length, bytes, updated, data, pieces, ...(kms && { kms }) };
}

/** Whoever fills a table from a query must be allowed to see its results. */
async function resultsAsText(ctx: Context, queryId: string): Promise<string> {
  const rows: Record<string, string>[] = [];
  const columns = new Set<string>();
  let nextToken: string | undefined;
  do {
    const page: GetQueryResultsResponse = await ctx.call('logs', 'GetQueryResults', { queryId, nextToken });
    if (page.status !== 'Complete' && page.status !== 'Cancelled')
      invalid(`Query with id ${queryId} has not completed.`);
    for (const result of page.results ?? []) {
      const cells = result.filter(({ field }) => field !== '@ptr');
      for (const { field } of cells) columns.add(field ?? '');
      rows.push(Object.fromEntries(cells.map(({ field, value }) => [field, value ?? ''])));
    }
    nextToken = page.nextToken;
  } while (nextToken !== undefined);
  const names = [...columns];
  return [csvLine(names), ...rows.map((row) => csvLine(names.map((name) => row[name] ?? '')))].join('\n');
}

const ARN = /^arn:aws:logs:([a-z0-9-]+):(\d{12}):lookup-table:([^:]+)$/;

interface ByArn {
  readonly lookupTableArn: string;
}

function onTable<In extends ByArn, Out>(
  run: (input: In, ctx: Context, table: LookupTable) => Promise<Out>,
): Operation<In, Out, LookupTable> {
  return {
    bodyBytesMax: BODY_BYTES_MAX,
    async load({ lookupTableArn: arn }, ctx) {
      const [, region = '', account = '', name = ''] = ARN.exec(arn) ?? [];
      const found = region === ctx.region ? await ctx.store.get(lookupTables, [account, region, name]) : undefined;
      return (
        found ?? new Missing(arn, awsError(ResourceNotFoundException, 'The specified lookup table does not exist.'))
      );
    },
    access: (_input, _ctx, table) => ({ resource: lookupTableArn(table), resourceTags: table.tags }),
    run,
  };
}

/** A table that a query of the caller's looks into. @throws InvalidParameterException, AccessDenied */
export async function requireTable(ctx: Context, name: string): Promise<void> {
  const table = await ctx.store.get(lookupTables, [ctx.account, ctx.region, name]);
  if (!table) return invalid(`The lookup table ${name} does not exist.`);
  if (table.kms) await requireDecrypt(ctx, table.kms, lookupTableArn(table));
}

export const UpdateLookupTable = onTable<Present<UpdateLookupTableRequest>, UpdateLookupTableResponse>(
  async (input, ctx, table) => {
    const { account, region, name, tags } = table;
    const { description = table.description, kmsKeyId = table.kms?.keyArn } = input;
    const content = await filled({ ...input, description, kmsKeyId }, ctx, table);
    dropText(ctx, table);
    await ctx.store.replace(lookupTables, { account, region, name, tags, ...content });
    return { lookupTableArn: lookupTableArn(table), lastUpdatedTime: content.updated };
  },
);

export const GetLookupTable = onTable<Present<GetLookupTableRequest>, GetLookupTableResponse>(
  async (_input, ctx, table) => {
    if (table.kms) await requireDecrypt(ctx, table.kms, lookupTableArn(table));
    return {
      lookupTableArn: lookupTableArn(table),
      lookupTableName: table.name,
      description: table.description,
      tableBody: await textOfTable(ctx, table),
      sizeBytes: table.bytes,
      lastUpdatedTime: table.updated,
      kmsKeyId: table.kms?.keyArn,
    };
  },
);

export const DeleteLookupTable = onTable<Present<DeleteLookupTableRequest>, object>(async (_input, ctx, table) => {
  await ctx.store.remove(lookupTables, lookupTables.key(table));
  dropText(ctx, table);
  return {};
});

export const DescribeLookupTables: Operation<DescribeLookupTablesRequest, DescribeLookupTablesResponse> = {
  access: () => ({ resource: '*' }),
  async run(input, ctx) {
    const asked = { limit: input.maxResults, nextToken: input.nextToken };
    const startsWith = input.lookupTableNamePrefix;
    const { rows, page } = await rowsPage(ctx, lookupTables, [ctx.account, ctx.region], asked, { startsWith });
    return { lookupTables: rows.map(view), ...page };
  },
};

const view = (table: LookupTable): LookupTableView => ({
  lookupTableArn: lookupTableArn(table),
  lookupTableName: table.name,
  description: table.description,
  tableFields: [...table.fields],
  recordsCount: table.records,
  sizeBytes: table.bytes,
  lastUpdatedTime: table.updated,
  kmsKeyId: table.kms?.keyArn,
});
