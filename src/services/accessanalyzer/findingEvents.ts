/**
 * What EventBridge is told of findings: each new one, each change of status, each that is deleted.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-eventbridge.html
 */

import { parseArn } from '../../core/arn.ts';
import type { Context } from '../../core/context.ts';
import { emit } from '../../core/events.ts';
import { type Analyzer, analyzerArn } from './analyzerRows.ts';
import { isInternal, isUnused } from './configurations.ts';
import type { Finding } from './findingRows.ts';

export interface FindingNews {
  readonly finding: Finding;
  readonly previousStatus?: Finding['status'] | undefined;
  readonly isDeleted?: boolean;
}

export function tell(ctx: Context, analyzer: Analyzer, news: FindingNews): void {
  const { account, region, type } = analyzer;
  const [detailType, detail] = isUnused(type)
    ? (['Unused Access Finding for IAM entities', unusedDetail] as const)
    : isInternal(type)
      ? (['Internal Access Finding', internalDetail] as const)
      : (['Access Analyzer Finding', externalDetail] as const);
  emit(ctx, {
    source: 'aws.access-analyzer',
    detailType,
    resources: [analyzerArn(analyzer)],
    detail: detail(analyzer, news, ctx.now),
    account,
    region,
  });
}

function externalDetail(analyzer: Analyzer, { finding, isDeleted = false }: FindingNews, now: Date): object {
  const access = finding.details[0]?.externalAccessDetails;
  return {
    ...commonDetail(finding, isDeleted, now),
    region: parseArn(finding.resource)?.region || analyzer.region,
    ...(access && {
      action: access.action,
      condition: access.condition ?? {},
      isPublic: access.isPublic ?? false,
      principal: access.principal,
      resourceControlPolicyRestriction: access.resourceControlPolicyRestriction,
    }),
  };
}

function internalDetail(_analyzer: Analyzer, { finding, isDeleted = false }: FindingNews, now: Date): object {
  const access = finding.details[0]?.internalAccessDetails;
  return {
    ...commonDetail(finding, isDeleted, now),
    findingType: 'InternalAccess',
    ...(access && {
      accessType: access.accessType,
      action: access.action,
      condition: access.condition ?? {},
      principal: access.principal,
      principalOwnerAccount: access.principalOwnerAccount,
      principalType: access.principalType,
      resourceControlPolicyRestrictionType: access.resourceControlPolicyRestriction,
      serviceControlPolicyRestrictionType: access.serviceControlPolicyRestriction,
    }),
  };
}

function commonDetail({ id, resource, resourceType, owner, ...finding }: Finding, isDeleted: boolean, now: Date) {
  return {
    accountId: owner,
    analyzedAt: now.toISOString(),
    createdAt: finding.created,
    id,
    isDeleted,
    resource,
    resourceType,
    status: finding.status,
    updatedAt: finding.updated,
    version: '1.0',
    error: finding.error,
  };
}

function unusedDetail(_analyzer: Analyzer, { finding, previousStatus, isDeleted = false }: FindingNews, now: Date) {
  const permissions = finding.details.flatMap(({ unusedPermissionDetails }) => unusedPermissionDetails ?? []);
  const { id: findingId, version: _, ...common } = commonDetail(finding, isDeleted, now);
  return {
    findingId,
    ...common,
    previousStatus: previousStatus ?? '',
    findingType: finding.type,
    ...(permissions.length > 0 && {
      numberOfUnusedServices: permissions.filter(({ actions }) => !actions?.length).length,
      numberOfUnusedActions: permissions.reduce((sum, { actions }) => sum + (actions?.length ?? 0), 0),
    }),
  };
}

interface PreviewNews {
  readonly id: string;
  /** ARN of the resource it was made for. */
  readonly resource: string;
  readonly status: 'COMPLETED' | 'FAILED';
}

/** A preview is made and complete at once: two events, as in AWS. */
export function tellPreview(ctx: Context, analyzer: Analyzer, { id, resource, status }: PreviewNews): void {
  const { account, region } = analyzer;
  const common = { accessPreviewId: id, configuredResources: [resource], createdAt: ctx.now.toISOString(), region };
  const outcome = { ...(status === 'FAILED' && { statusReason: { code: 'INVALID_CONFIGURATION' } }), version: '1.0' };
  for (const detail of [
    { ...common, status: 'CREATING', version: '1.0' },
    { ...common, previousStatus: 'CREATING', status, ...outcome },
  ]) {
    emit(ctx, {
      source: 'aws.access-analyzer',
      detailType: 'Access Preview State Change',
      resources: [analyzerArn(analyzer)],
      detail,
      account,
      region,
    });
  }
}
