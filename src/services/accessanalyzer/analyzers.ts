/** Analyzers: what watches the access to an account's or an organization's resources, in one Region. */
import type {
  AnalyzerSummary,
  CreateAnalyzerRequest,
  CreateAnalyzerResponse,
  DeleteAnalyzerRequest,
  GetAnalyzerRequest,
  GetAnalyzerResponse,
  ListAnalyzersRequest,
  ListAnalyzersResponse,
  Type,
  UpdateAnalyzerRequest,
  UpdateAnalyzerResponse,
} from '@aws-sdk/client-accessanalyzer';
import type { Context } from '../../core/context.ts';
import { uuid } from '../../core/ids.ts';
import type { Operation, Present } from '../../core/operation.ts';
import { quota } from '../../core/quotas.ts';
import { requestTags } from '../../core/tags.ts';
import { forgetPreviews } from './accessPreviews.ts';
import { forgetAnalysis, lastAnalyzed } from './analyses.ts';
import { analyzerAccess, checkTags, findAnalyzer, tagsOf } from './analyzerAccess.ts';
import { type Analyzer, analyzerArn, analyzers, arnNamed } from './analyzerRows.ts';
import { type ArchiveRule, addArchiveRule, removeArchiveRules } from './archiveRuleRows.ts';
import { configurationOf, isOrganization } from './configurations.ts';
import { failConflict, failField, failNotSupported, failQuota } from './errors.ts';
import { checkFilter } from './filters.ts';
import { requireOrganization, statusOf } from './organizationScope.ts';
import { rowsPage } from './pages.ts';
import { forgetRecommendations } from './recommendations.ts';
import { createLinkedRole } from './serviceLinkedRole.ts';

type Create = Operation<Present<CreateAnalyzerRequest>, CreateAnalyzerResponse>;
export const CreateAnalyzer: Create = {
  access: (input, ctx) => ({
    resource: arnNamed(ctx, input.analyzerName),
    conditions: requestTags(tagsOf(input.tags)),
  }),
  async run(input, ctx) {
    const known = await ctx.store.get(analyzers, [ctx.account, ctx.region, input.analyzerName]);
    if (known) return { arn: sameRequest(known, input) };
    const analyzer = newAnalyzer(input, ctx);
    const rules = newRules(analyzer, input, ctx);
    if (isOrganization(input.type)) await requireOrganization(ctx);
    await requireRoom(ctx, input.type);
    await createLinkedRole(ctx);
    await ctx.store.insert(analyzers, analyzer);
    for (const rule of rules) await addArchiveRule(ctx, rule);
    return { arn: analyzerArn(analyzer) };
  },
};

/** A repeated request, told by its client token, is answered as the first one was. */
function sameRequest(known: Analyzer, input: Present<CreateAnalyzerRequest>): string {
  if (input.clientToken !== undefined && input.clientToken === known.clientToken && input.type === known.type) {
    return analyzerArn(known);
  }
  return failConflict('Analyzer', known.name, `Analyzer with name ${known.name} already exists.`);
}

function newAnalyzer(input: Present<CreateAnalyzerRequest>, ctx: Context): Analyzer {
  const configuration = configurationOf(input.type, input.configuration, ctx.account);
  const tags = tagsOf(input.tags);
  checkTags(tags);
  return {
    account: ctx.account,
    region: ctx.region,
    name: input.analyzerName,
    id: uuid(ctx),
    type: input.type,
    created: ctx.now.toISOString(),
    tags,
    ...(configuration && { configuration }),
    ...(input.clientToken !== undefined && { clientToken: input.clientToken }),
  };
}

function newRules(analyzer: Analyzer, input: Present<CreateAnalyzerRequest>, ctx: Context): ArchiveRule[] {
  const created = ctx.now.toISOString();
  const rules = (input.archiveRules ?? []).map(({ ruleName, filter }) => {
    checkFilter(filter ?? {}, 'archive');
    return { analyzer: analyzer.id, name: ruleName ?? '', filter: filter ?? {}, created, updated: created };
  });
  const names = rules.map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) failField('archiveRules', `Duplicate archive rule name: ${twice}`);
  return rules;
}

/**
 * https://docs.aws.amazon.com/general/latest/gr/access-analyzer.html: analyzers of one type in an account and Region.
 */
function maximum(ctx: Context, type: Type): number {
  if (!isOrganization(type)) return quota(ctx, 'AccountLevelAnalyzersQuota', 1);
  if (type === 'ORGANIZATION_INTERNAL_ACCESS') return quota(ctx, 'OrganizationLevelInternalAccessAnalyzersQuota', 1);
  return quota(ctx, 'OrganizationLevelAnalyzersQuota', 5);
}

async function requireRoom(ctx: Context, type: Type): Promise<void> {
  const max = maximum(ctx, type);
  if (await ctx.store.fits(analyzers, [ctx.account, ctx.region, type], max, 'type')) return;
  failQuota('Analyzer', ctx.account, `You have reached the limit of ${max} analyzers of type ${type} in this Region.`);
}

type Named<In, Out> = Operation<In, Out, Analyzer>;
const loadNamed = (input: { readonly analyzerName: string }, ctx: Context) => findAnalyzer(ctx, input.analyzerName);
export const GetAnalyzer: Named<Present<GetAnalyzerRequest>, GetAnalyzerResponse> = {
  load: loadNamed,
  access: analyzerAccess,
  async run(_input, ctx, analyzer) {
    const { configuration } = analyzer;
    return { analyzer: { ...(await view(ctx, analyzer)), ...(configuration && { configuration }) } };
  },
};

export const ListAnalyzers: Operation<ListAnalyzersRequest, ListAnalyzersResponse> = {
  access: () => ({ resource: '*' }),
  async run(input, ctx) {
    const prefix = [ctx.account, ctx.region, ...(input.type ? [input.type] : [])];
    const { rows, page } = await rowsPage(ctx, analyzers, prefix, input, input.type ? { index: 'type' } : {});
    return { analyzers: await Promise.all(rows.map((analyzer) => view(ctx, analyzer))), ...page };
  },
};

export const UpdateAnalyzer: Named<Present<UpdateAnalyzerRequest>, UpdateAnalyzerResponse> = {
  load: loadNamed,
  access: analyzerAccess,
  async run(input, ctx, analyzer) {
    if (!analyzer.configuration) return failNotSupported('External access analyzers have no configuration to update.');
    if (!input.configuration) return failField('configuration', 'Configuration must be specified.');
    const { unusedAccess } = input.configuration;
    const age = analyzer.configuration.unusedAccess?.unusedAccessAge;
    const asked = unusedAccess
      ? { unusedAccess: { ...(age !== undefined && { unusedAccessAge: age }), ...unusedAccess } }
      : input.configuration;
    const configuration = configurationOf(analyzer.type, asked, analyzer.account)!;
    await ctx.store.replace(analyzers, { ...analyzer, configuration });
    return { configuration };
  },
};

/** With all that hangs on it. */
export const DeleteAnalyzer: Named<Present<DeleteAnalyzerRequest>, object> = {
  load: loadNamed,
  access: analyzerAccess,
  async run(_input, ctx, analyzer) {
    await forgetAnalysis(ctx, analyzer);
    await removeArchiveRules(ctx, analyzer);
    await forgetPreviews(ctx, analyzer);
    await forgetRecommendations(ctx, analyzer);
    await ctx.store.remove(analyzers, analyzers.key(analyzer));
    return {};
  },
};

async function view(ctx: Context, analyzer: Analyzer): Promise<AnalyzerSummary> {
  const last = await lastAnalyzed(ctx, analyzer);
  return {
    arn: analyzerArn(analyzer),
    name: analyzer.name,
    type: analyzer.type,
    createdAt: new Date(analyzer.created),
    tags: Object.fromEntries(analyzer.tags.map(({ Key, Value }) => [Key, Value])),
    ...(await statusOf(ctx, analyzer)),
    ...(last && { lastResourceAnalyzed: last.resource, lastResourceAnalyzedAt: new Date(last.time) }),
  };
}
