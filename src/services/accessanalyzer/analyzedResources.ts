/** What an analyzer looked at, and what it saw there. */
import type {
  AnalyzedResource as AnalyzedResourceView,
  GetAnalyzedResourceRequest,
  GetAnalyzedResourceResponse,
  ListAnalyzedResourcesRequest,
  ListAnalyzedResourcesResponse,
  StartResourceScanRequest,
} from '@aws-sdk/client-accessanalyzer';
import type { Context } from '../../core/context.ts';
import type { Operation, Present } from '../../core/operation.ts';
import { findResource } from '../../posture/inventory.ts';
import { everyRow } from '../../store/everyRow.ts';
import { analyzedAt, forgetLook, refresh } from './analyses.ts';
import { type AnalyzedResource, analyzedResources } from './analyzedResourceRows.ts';
import { isAnalyzed } from './analyzedTypes.ts';
import { onAnalyzer } from './analyzerAccess.ts';
import type { Analyzer } from './analyzerRows.ts';
import { isExternal } from './configurations.ts';
import { failNotSupported, notFound } from './errors.ts';
import { findings } from './findingRows.ts';
import { rowsPage } from './pages.ts';
import { zoneOf } from './zone.ts';

type Get = Operation<Present<GetAnalyzedResourceRequest>, GetAnalyzedResourceResponse, Analyzer>;
export const GetAnalyzedResource: Get = {
  ...onAnalyzer,
  async run(input, ctx, analyzer) {
    requireExternal(analyzer);
    await refresh(ctx, analyzer);
    const row = await ctx.store.get(analyzedResources, [analyzer.id, input.resourceArn]);
    if (!row) throw noSuchResource(input.resourceArn);
    return { resource: await view(ctx, analyzer, row) };
  },
};

type List = Operation<Present<ListAnalyzedResourcesRequest>, ListAnalyzedResourcesResponse, Analyzer>;
export const ListAnalyzedResources: List = {
  ...onAnalyzer,
  async run(input, ctx, analyzer) {
    requireExternal(analyzer);
    await refresh(ctx, analyzer);
    const prefix = [analyzer.id, ...(input.resourceType ? [input.resourceType] : [])];
    const listing = input.resourceType ? { index: 'type' } : {};
    const { rows, page } = await rowsPage(ctx, analyzedResources, prefix, input, listing);
    const resources = rows.map(({ arn, account, type }) => {
      return { resourceArn: arn, resourceOwnerAccount: account, resourceType: type };
    });
    return { analyzedResources: resources, ...page };
  },
};

/** Looks at the resource's account at once. */
export const StartResourceScan: Operation<Present<StartResourceScanRequest>, object, Analyzer> = {
  ...onAnalyzer,
  async run(input, ctx, analyzer) {
    requireExternal(analyzer);
    const resource = await findResource(ctx.store, input.resourceArn);
    const zone = await zoneOf(ctx, analyzer);
    const isHere = resource?.region === undefined || resource.region === analyzer.region;
    if (!resource || !isHere || !isAnalyzed(resource.type) || !zone.accounts.has(resource.account)) {
      throw noSuchResource(input.resourceArn);
    }
    if (input.resourceOwnerAccount !== undefined && input.resourceOwnerAccount !== resource.account) {
      throw noSuchResource(input.resourceArn);
    }
    await forgetLook(ctx, analyzer, resource.account);
    await refresh(ctx, analyzer);
    return {};
  },
};

function requireExternal(analyzer: Analyzer): void {
  if (!isExternal(analyzer.type))
    failNotSupported(`The operation is not supported for analyzers of type ${analyzer.type}.`);
}

const noSuchResource = (arn: string) => notFound('Resource', arn, `Resource ${arn} not found.`);

async function view(ctx: Context, analyzer: Analyzer, row: AnalyzedResource): Promise<AnalyzedResourceView> {
  const status = await worstStatus(ctx, analyzer, row.arn);
  return {
    resourceArn: row.arn,
    resourceType: row.type,
    createdAt: new Date(row.created),
    analyzedAt: new Date((await analyzedAt(ctx, analyzer, row.account)) ?? row.updated),
    updatedAt: new Date(row.updated),
    isPublic: row.isPublic,
    actions: [...row.actions],
    ...(status && { status }),
    resourceOwnerAccount: row.account,
  };
}

/** Of the resource's findings the one that needs attention most. */
async function worstStatus(ctx: Context, analyzer: Analyzer, arn: string) {
  const found = new Set<string>();
  for await (const { status } of everyRow(ctx.store, findings, [analyzer.id, arn], 'resource')) found.add(status);
  return (['ACTIVE', 'ARCHIVED', 'RESOLVED'] as const).find((status) => found.has(status));
}
