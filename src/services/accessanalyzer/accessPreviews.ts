/**
 * Access previews: the findings that a policy would make, before it is in force. A preview is worked out when it is
 * asked for, and kept for a day.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-preview-access-apis.html
 */
import type {
  AccessPreviewFinding,
  AccessPreviewSummary,
  Configuration,
  CreateAccessPreviewRequest,
  CreateAccessPreviewResponse,
  FindingChangeType,
  FindingStatus,
  GetAccessPreviewRequest,
  GetAccessPreviewResponse,
  ListAccessPreviewFindingsRequest,
  ListAccessPreviewFindingsResponse,
  ListAccessPreviewsRequest,
  ListAccessPreviewsResponse,
} from '@aws-sdk/client-accessanalyzer';
import type { Context } from '../../core/context.ts';
import { uuid } from '../../core/ids.ts';
import type { Operation, Present } from '../../core/operation.ts';
import { quota } from '../../core/quotas.ts';
import { PolicySyntaxError } from '../../policy/index.ts';
import { findResource, type Resource } from '../../posture/inventory.ts';
import { everyRow } from '../../store/everyRow.ts';
import { table } from '../../store/store.ts';
import { refresh } from './analyses.ts';
import { onAnalyzer } from './analyzerAccess.ts';
import { type Analyzer, analyzerArn } from './analyzerRows.ts';
import { archiveFilters } from './archiveRuleRows.ts';
import { failConflict, failField, failNotSupported, failQuota, notFound } from './errors.ts';
import { checkFilter, passes } from './filters.ts';
import { tellPreview } from './findingEvents.ts';
import { type Finding, filterableOf, findings, idOf, type Observation } from './findingRows.ts';
import { requireActive } from './findings.ts';
import { externalObservations } from './observeExternal.ts';
import { itemsPage, rowsPage } from './pages.ts';
import { proposedResource } from './previewResources.ts';
import { zoneOf } from './zone.ts';

interface AccessPreview {
  /** Id of the analyzer. */
  readonly analyzer: string;
  readonly id: string;
  readonly created: string;
  readonly configurations: Readonly<Record<string, Configuration>>;
  /** Absent: the proposed policy could not be read. */
  readonly findings?: readonly PreviewFinding[];
}

interface PreviewFinding extends Omit<Observation, 'identity'> {
  readonly id: string;
  readonly status: FindingStatus;
  readonly changeType: FindingChangeType;
  readonly existing?: { readonly id: string; readonly status: FindingStatus };
}

/** Index `created`: [analyzer, created]. `hour`: [analyzer, hour]. */
const accessPreviews = table<AccessPreview>('accessanalyzer_preview', {
  key: (p) => [p.analyzer, p.id],
  indexes: { created: (p) => [[p.analyzer, p.created]], hour: (p) => [[p.analyzer, hourOf(p.created)]] },
});

const hourOf = (time: string) => time.slice(0, 13);
const HOUR = 3600 * 1000;
const KEPT = 24 * HOUR;

type Of<In, Out> = Operation<In, Out, Analyzer>;

export const CreateAccessPreview: Of<Present<CreateAccessPreviewRequest>, CreateAccessPreviewResponse> = {
  ...onAnalyzer,
  async run({ configurations }, ctx, analyzer) {
    if (analyzer.type !== 'ACCOUNT')
      failNotSupported('Access previews are supported for analyzers of type ACCOUNT only.');
    const [[arn, configuration] = failField('configurations', ONE), ...more] = Object.entries(configurations);
    if (more.length > 0) failField('configurations', ONE);
    await forgetOld(ctx, analyzer);
    const created = ctx.now.toISOString();
    const max = quota(ctx, 'AccessPreviewsPerAnalyzerPerHourQuota', 1000);
    if (!(await ctx.store.fits(accessPreviews, [analyzer.id, hourOf(created)], max, 'hour'))) {
      failQuota('AccessPreview', analyzer.name, `You have reached the limit of ${max} access previews per hour.`);
    }
    const found = await previewOf(ctx, analyzer, arn, configuration);
    const row = { analyzer: analyzer.id, id: uuid(ctx), created, configurations };
    await ctx.store.insert(accessPreviews, found ? { ...row, findings: found } : row);
    tellPreview(ctx, analyzer, { id: row.id, resource: arn, status: found ? 'COMPLETED' : 'FAILED' });
    return { id: row.id };
  },
};

const ONE = 'The configurations must contain exactly one element.';

async function forgetOld(ctx: Context, analyzer: Analyzer): Promise<void> {
  const { rows } = await ctx.store.list(accessPreviews, [analyzer.id], { index: 'created', limit: 10 });
  for (const { id, created } of rows) {
    if (isOlder(ctx, created, KEPT)) await ctx.store.remove(accessPreviews, [analyzer.id, id]);
  }
}

const isOlder = (ctx: Context, time: string, age: number) => ctx.now.getTime() - Date.parse(time) > age;

async function previewOf(ctx: Context, analyzer: Analyzer, arn: string, configuration: Configuration) {
  const existing = await findResource(ctx.store, arn);
  if (existing && existing.account !== ctx.account) failField('configurations', `${arn} is owned by another account.`);
  const resource = proposedResource(arn, configuration, existing, ctx.account);
  if (resource.account !== ctx.account) failField('configurations', `${arn} is owned by another account.`);
  await refresh(ctx, analyzer);
  const observations = await observed(ctx, analyzer, resource);
  return observations && compared(ctx, analyzer, resource, observations);
}

async function observed(ctx: Context, analyzer: Analyzer, resource: Resource): Promise<Observation[] | undefined> {
  try {
    return await externalObservations(ctx, resource, await zoneOf(ctx, analyzer));
  } catch (error) {
    if (error instanceof PolicySyntaxError) return undefined;
    throw error;
  }
}

/** What would be new, what would stay, and what would be over. */
async function compared(ctx: Context, analyzer: Analyzer, { arn }: Resource, observations: readonly Observation[]) {
  const known = new Map<string, Finding>();
  for await (const row of everyRow(ctx.store, findings, [analyzer.id, arn], 'resource')) known.set(row.id, row);
  const filters = await archiveFilters(ctx, analyzer);
  const found = observations.map((observation): PreviewFinding => {
    const { identity: _, ...said } = observation;
    const id = idOf(analyzer.id, observation);
    const existing = known.get(id);
    known.delete(id);
    const draft = { ...said, id: uuid(ctx), status: 'ACTIVE' as const };
    const isArchived = filters.some((filter) => passes(filter, filterableOf(draft)));
    const fresh = isArchived ? 'ARCHIVED' : 'ACTIVE';
    if (!existing) return { ...draft, status: fresh, changeType: 'NEW' };
    const link = { existing: { id, status: existing.status } };
    return existing.status === 'RESOLVED'
      ? { ...draft, ...link, status: fresh, changeType: 'CHANGED' }
      : { ...draft, ...link, status: existing.status, changeType: 'UNCHANGED' };
  });
  const over = [...known.values()].filter(({ status }) => status !== 'RESOLVED');
  return [...found, ...over.map((finding): PreviewFinding => resolved(ctx, finding))];
}

function resolved(ctx: Context, { type, resource, resourceType, owner, details, id, status }: Finding): PreviewFinding {
  const said = { type, resource, resourceType, owner, details };
  return { ...said, id: uuid(ctx), status: 'RESOLVED', changeType: 'CHANGED', existing: { id, status } };
}

export const GetAccessPreview: Of<Present<GetAccessPreviewRequest>, GetAccessPreviewResponse> = {
  ...onAnalyzer,
  async run(input, ctx, analyzer) {
    const preview = await findPreview(ctx, analyzer, input.accessPreviewId);
    return { accessPreview: { ...summary(analyzer, preview), configurations: { ...preview.configurations } } };
  },
};

/** Those of the last hour, as in AWS. */
export const ListAccessPreviews: Of<Present<ListAccessPreviewsRequest>, ListAccessPreviewsResponse> = {
  ...onAnalyzer,
  async run(input, ctx, analyzer) {
    const keep = ({ created }: AccessPreview) => !isOlder(ctx, created, HOUR);
    const { rows, page } = await rowsPage(ctx, accessPreviews, [analyzer.id], input, { index: 'created', keep });
    return { accessPreviews: rows.map((preview) => summary(analyzer, preview)), ...page };
  },
};

type ListFound = Of<Present<ListAccessPreviewFindingsRequest>, ListAccessPreviewFindingsResponse>;
export const ListAccessPreviewFindings: ListFound = {
  ...onAnalyzer,
  async run(input, ctx, analyzer) {
    checkFilter(input.filter ?? {}, 'preview');
    await requireActive(ctx, analyzer);
    const { id, created, findings: found } = await findPreview(ctx, analyzer, input.accessPreviewId);
    if (!found) return failConflict('AccessPreview', id, `Access preview ${id} has failed.`);
    const kept = found.filter((finding) => passes(input.filter, previewFilterable(finding)));
    const { items, page } = itemsPage(kept, input);
    return { findings: items.map((finding) => findingView(finding, created)), ...page };
  },
};

async function findPreview(ctx: Context, analyzer: Analyzer, id: string): Promise<AccessPreview> {
  const preview = await ctx.store.get(accessPreviews, [analyzer.id, id]);
  if (!preview || isOlder(ctx, preview.created, KEPT))
    throw notFound('AccessPreview', id, `Access preview ${id} not found.`);
  return preview;
}

export async function forgetPreviews(ctx: Context, analyzer: Analyzer): Promise<void> {
  for await (const { id } of everyRow(ctx.store, accessPreviews, [analyzer.id])) {
    await ctx.store.remove(accessPreviews, [analyzer.id, id]);
  }
}

const previewFilterable = (finding: PreviewFinding) => ({
  ...filterableOf(finding),
  changeType: [finding.changeType],
  existingFindingId: finding.existing && [finding.existing.id],
  existingFindingStatus: finding.existing && [finding.existing.status],
});

const summary = (analyzer: Analyzer, preview: AccessPreview): AccessPreviewSummary => ({
  id: preview.id,
  analyzerArn: analyzerArn(analyzer),
  createdAt: new Date(preview.created),
  ...(preview.findings
    ? { status: 'COMPLETED' }
    : { status: 'FAILED', statusReason: { code: 'INVALID_CONFIGURATION' } }),
});

const findingView = (finding: PreviewFinding, created: string): AccessPreviewFinding => ({
  ...finding.details[0]?.externalAccessDetails,
  id: finding.id,
  ...(finding.existing && { existingFindingId: finding.existing.id, existingFindingStatus: finding.existing.status }),
  resource: finding.resource,
  resourceType: finding.resourceType,
  resourceOwnerAccount: finding.owner,
  createdAt: new Date(created),
  changeType: finding.changeType,
  status: finding.status,
});
