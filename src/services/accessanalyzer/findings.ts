/** What analyzers found: lists, single findings, and what their readers decide about them. */
import type {
  FindingSummary,
  FindingSummaryV2,
  GetFindingRequest,
  GetFindingResponse,
  GetFindingV2Request,
  GetFindingV2Response,
  ListFindingsRequest,
  ListFindingsResponse,
  ListFindingsV2Request,
  ListFindingsV2Response,
  SortCriteria,
  UpdateFindingsRequest,
} from '@aws-sdk/client-accessanalyzer';
import type { Context } from '../../core/context.ts';
import type { Operation, Present } from '../../core/operation.ts';
import { everyRow } from '../../store/everyRow.ts';
import { analyses, refresh } from './analyses.ts';
import { onAnalyzer } from './analyzerAccess.ts';
import { type Analyzer, analyzerArn } from './analyzerRows.ts';
import { isExternal } from './configurations.ts';
import { failField, failNotSupported, notFound } from './errors.ts';
import { checkFilter, type Filter, passes } from './filters.ts';
import { tell } from './findingEvents.ts';
import { detailsView, type Finding, filterableOf, findings } from './findingRows.ts';
import { statusOf } from './organizationScope.ts';
import { itemsPage, type PageInput, rowsPage } from './pages.ts';

type Of<In, Out> = Operation<In, Out, Analyzer>;

export const ListFindings: Of<Present<ListFindingsRequest>, ListFindingsResponse> = {
  ...onAnalyzer,
  async run(input, ctx, analyzer) {
    requireExternal(analyzer);
    const { rows, page } = await listed(ctx, analyzer, input);
    const at = await analyzedTimes(ctx, analyzer);
    return { findings: rows.map((finding) => externalView(finding, at)), ...page };
  },
};

export const ListFindingsV2: Of<Present<ListFindingsV2Request>, ListFindingsV2Response> = {
  ...onAnalyzer,
  action: 'ListFindings',
  async run(input, ctx, analyzer) {
    const { rows, page } = await listed(ctx, analyzer, input);
    const at = await analyzedTimes(ctx, analyzer);
    return { findings: rows.map((finding) => summary(finding, at)), ...page };
  },
};

export const GetFinding: Of<Present<GetFindingRequest>, GetFindingResponse> = {
  ...onAnalyzer,
  async run(input, ctx, analyzer) {
    requireExternal(analyzer);
    const finding = await findFinding(ctx, analyzer, input.id);
    return { finding: externalView(finding, await analyzedTimes(ctx, analyzer)) };
  },
};

export const GetFindingV2: Of<Present<GetFindingV2Request>, GetFindingV2Response> = {
  ...onAnalyzer,
  action: 'GetFinding',
  async run(input, ctx, analyzer) {
    const finding = await findFinding(ctx, analyzer, input.id);
    const { items, page } = itemsPage(finding.details, input);
    return { ...summary(finding, await analyzedTimes(ctx, analyzer)), findingDetails: detailsView(items), ...page };
  },
};

/** Archives findings, or makes them active again. Resolved ones are over. */
export const UpdateFindings: Of<Present<UpdateFindingsRequest>, object> = {
  ...onAnalyzer,
  async run({ ids, resourceArn, status }, ctx, analyzer) {
    if (!ids?.length && resourceArn === undefined) failField('ids', 'Either ids or resourceArn must be specified.');
    await requireActive(ctx, analyzer);
    await refresh(ctx, analyzer);
    const updated = ctx.now.toISOString();
    for (const finding of await meant(ctx, analyzer, ids ?? [], resourceArn)) {
      if (finding.status === 'RESOLVED' || finding.status === status) continue;
      await ctx.store.replace(findings, { ...finding, status, updated });
      tell(ctx, analyzer, { finding: { ...finding, status, updated }, previousStatus: finding.status });
    }
    return {};
  },
};

/** The finding as it is now. */
export async function findFinding(ctx: Context, analyzer: Analyzer, id: string): Promise<Finding> {
  await requireActive(ctx, analyzer);
  await refresh(ctx, analyzer);
  const finding = await ctx.store.get(findings, [analyzer.id, id]);
  if (!finding) throw notFound('Finding', id, `Finding ${id} not found.`);
  return finding;
}

/** "The existing findings for these analyzers are no longer accessible." */
export async function requireActive(ctx: Context, analyzer: Analyzer): Promise<void> {
  const { status, statusReason } = await statusOf(ctx, analyzer);
  if (status !== 'ACTIVE') failNotSupported(`Analyzer ${analyzerArn(analyzer)} is ${status}: ${statusReason?.code}.`);
}

async function meant(ctx: Context, analyzer: Analyzer, ids: readonly string[], arn: string | undefined) {
  const found: Finding[] = [];
  for (const id of ids) {
    const finding = await ctx.store.get(findings, [analyzer.id, id]);
    if (!finding) throw notFound('Finding', id, `Finding ${id} not found.`);
    found.push(finding);
  }
  if (arn === undefined) return found;
  for await (const finding of everyRow(ctx.store, findings, [analyzer.id, arn], 'resource')) found.push(finding);
  return found;
}

interface Question extends PageInput {
  readonly filter?: Filter | undefined;
  readonly sort?: SortCriteria | undefined;
}

async function listed(ctx: Context, analyzer: Analyzer, input: Question) {
  checkFilter(input.filter ?? {}, 'list');
  const compare = input.sort && comparison(input.sort);
  await requireActive(ctx, analyzer);
  await refresh(ctx, analyzer);
  const keep = (finding: Finding) => passes(input.filter, filterableOf(finding));
  if (!compare) return rowsPage(ctx, findings, [analyzer.id], input, { keep });
  const all: Finding[] = [];
  for await (const finding of everyRow(ctx.store, findings, [analyzer.id])) if (keep(finding)) all.push(finding);
  const { items, page } = itemsPage(all.sort(compare), input);
  return { rows: items, page };
}

const SORTED: Readonly<Record<string, (finding: Finding) => string>> = {
  createdAt: ({ created }) => created,
  findingType: ({ type }) => type,
  id: ({ id }) => id,
  resource: ({ resource }) => resource,
  resourceOwnerAccount: ({ owner }) => owner,
  resourceType: ({ resourceType }) => resourceType,
  status: ({ status }) => status,
  updatedAt: ({ updated }) => updated,
};

function comparison({ attributeName = 'updatedAt', orderBy = 'DESC' }: SortCriteria) {
  const of = SORTED[attributeName] ?? failField('sort', `Invalid sort attribute: ${attributeName}`);
  const sign = orderBy === 'ASC' ? 1 : -1;
  return (a: Finding, b: Finding) => sign * (of(a) < of(b) ? -1 : of(a) > of(b) ? 1 : 0);
}

function requireExternal(analyzer: Analyzer): void {
  if (isExternal(analyzer.type)) return;
  failNotSupported(`Use ListFindingsV2 and GetFindingV2 for the findings of analyzers of type ${analyzer.type}.`);
}

type Times = ReadonlyMap<string, string>;

async function analyzedTimes(ctx: Context, analyzer: Analyzer): Promise<Times> {
  const times = new Map<string, string>();
  for await (const { account, time } of everyRow(ctx.store, analyses, [analyzer.id])) times.set(account, time);
  return times;
}

function summary(
  finding: Finding,
  at: Times,
): Required<Omit<FindingSummaryV2, 'error'>> & Pick<FindingSummaryV2, 'error'> {
  const seen = finding.status === 'RESOLVED' ? undefined : at.get(finding.owner);
  return {
    id: finding.id,
    analyzedAt: new Date(seen ?? finding.updated),
    createdAt: new Date(finding.created),
    updatedAt: new Date(finding.updated),
    resource: finding.resource,
    resourceType: finding.resourceType,
    resourceOwnerAccount: finding.owner,
    status: finding.status,
    findingType: finding.type,
    ...(finding.error !== undefined && { error: finding.error }),
  };
}

function externalView(finding: Finding, at: Times): FindingSummary {
  const { findingType: _, ...common } = summary(finding, at);
  const { externalAccessDetails } = finding.details[0] ?? {};
  return { condition: {}, ...externalAccessDetails, ...common };
}
