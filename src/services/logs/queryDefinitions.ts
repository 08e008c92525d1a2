/** Queries that are kept under a name. */

import { createHash } from 'node:crypto';
import {
  type DeleteQueryDefinitionRequest,
  type DeleteQueryDefinitionResponse,
  type DescribeQueryDefinitionsRequest,
  type DescribeQueryDefinitionsResponse,
  InvalidParameterException,
  LimitExceededException,
  type PutQueryDefinitionRequest,
  type PutQueryDefinitionResponse,
  type QueryDefinition as QueryDefinitionView,
  ResourceNotFoundException,
} from '@aws-sdk/client-cloudwatch-logs';
import type { Context } from '../../core/context.ts';
import { fail } from '../../core/errors.ts';
import { uuid } from '../../core/ids.ts';
import type { Present } from '../../core/operation.ts';
import { quota } from '../../core/quotas.ts';
import { table } from '../../store/store.ts';
import { onAccount } from './access.ts';
import { rowsPage } from './pages.ts';

export interface QueryDefinition {
  readonly account: string;
  readonly region: string;
  readonly id: string;
  readonly name: string;
  readonly text: string;
  readonly language: 'CWLI' | 'SQL' | 'PPL';
  readonly groupNames: readonly string[];
  readonly parameters?: PutQueryDefinitionRequest['parameters'];
  /** Milliseconds. */
  readonly modified: number;
}

export const queryDefinitions = table<QueryDefinition>('logs_query_definition', {
  key: (definition) => [definition.account, definition.region, definition.id],
  indexes: { name: (definition) => [[definition.account, definition.region, definition.name]] },
});

const DEFINITIONS_MAX = 1000;

export const PutQueryDefinition = onAccount<Present<PutQueryDefinitionRequest>, PutQueryDefinitionResponse>(
  async (input, ctx) => {
    const { account, region } = ctx;
    const id = input.queryDefinitionId ?? idFor(ctx, input.clientToken);
    const before = await ctx.store.get(queryDefinitions, [account, region, id]);
    if (!before && input.queryDefinitionId !== undefined) absent();
    const { rows } = await ctx.store.list(queryDefinitions, [account, region, input.name], { limit: 2, index: 'name' });
    if (rows.some((row) => row.id !== id)) {
      fail(InvalidParameterException, `A query definition with name ${input.name} already exists.`);
    }
    const most = quota(ctx, 'Query definitions', DEFINITIONS_MAX);
    if (!before && !(await ctx.store.fits(queryDefinitions, [account], most))) {
      fail(LimitExceededException, 'Resource limit exceeded.');
    }
    await ctx.store.replace(queryDefinitions, {
      account,
      region,
      id,
      name: input.name,
      text: input.queryString,
      language: input.queryLanguage ?? 'CWLI',
      groupNames: input.logGroupNames ?? [],
      ...(input.parameters && { parameters: input.parameters }),
      modified: ctx.now.getTime(),
    });
    return { queryDefinitionId: id };
  },
);

/** The same for the same token: a request that is sent again makes one definition. */
function idFor(ctx: Context, token: string | undefined): string {
  if (token === undefined) return uuid(ctx);
  const hash = createHash('sha256').update(`${ctx.account} ${ctx.region} ${token}`).digest();
  return uuid({ random: (bytes) => hash.subarray(0, bytes) });
}

const absent = (): never => fail(ResourceNotFoundException, 'The specified query definition does not exist.');

export const DeleteQueryDefinition = onAccount<Present<DeleteQueryDefinitionRequest>, DeleteQueryDefinitionResponse>(
  async ({ queryDefinitionId }, ctx) => {
    if (!(await ctx.store.remove(queryDefinitions, [ctx.account, ctx.region, queryDefinitionId]))) absent();
    return { success: true };
  },
);

export const DescribeQueryDefinitions = onAccount<DescribeQueryDefinitionsRequest, DescribeQueryDefinitionsResponse>(
  async (input, ctx) => {
    const page = { limit: input.maxResults ?? 1000, nextToken: input.nextToken };
    const found = await rowsPage(ctx, queryDefinitions, [ctx.account, ctx.region], page, {
      index: 'name',
      startsWith: input.queryDefinitionNamePrefix,
    });
    const rows = found.rows.filter(({ language }) => (input.queryLanguage ?? language) === language);
    return { queryDefinitions: rows.map(view), ...found.page };
  },
);

const view = (definition: QueryDefinition): QueryDefinitionView => ({
  queryLanguage: definition.language,
  queryDefinitionId: definition.id,
  name: definition.name,
  queryString: definition.text,
  lastModified: definition.modified,
  logGroupNames: [...definition.groupNames],
  ...(definition.parameters && { parameters: definition.parameters }),
});
