/**
 * Internal access: which users and roles of the zone can use the resources that the analyzer is told to watch. Every
 * pair is decided by the engine with all policies that bear on it: identity-based ones, boundary, the resource's own,
 * and, where the organization is the zone, service and resource control policies.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-concepts.html
 */
import type { InternalAccessAnalysisRuleCriteria, InternalAccessDetails } from '@aws-sdk/client-accessanalyzer';
import type { Context } from '../../core/context.ts';
import { type Resource, resourcesOf } from '../../posture/inventory.ts';
import type { Observed } from './analyses.ts';
import { actionsOn, INTERNAL_TYPES } from './analyzedTypes.ts';
import type { Analyzer } from './analyzerRows.ts';
import type { Observation } from './findingRows.ts';
import { type Insider, insidersOf } from './insiders.ts';
import { canDo, restrictions } from './internalAccess.ts';
import type { Zone } from './zone.ts';

export async function observeInternal(
  ctx: Context,
  analyzer: Analyzer,
  zone: Zone,
  account: string,
): Promise<Observed> {
  const inclusions = analyzer.configuration?.internalAccess?.analysisRule?.inclusions ?? [];
  const resources: Resource[] = [];
  for await (const resource of resourcesOf(ctx.store, account, analyzer.region)) {
    if (INTERNAL_TYPES.has(resource.type) && inclusions.some((rule) => includes(rule, resource)))
      resources.push(resource);
  }
  const observations: Observation[] = [];
  if (resources.length === 0) return { observations, resources };
  for (const member of zone.accounts) {
    for await (const insider of insidersOf(ctx, member, zone.organization !== undefined)) {
      for (const resource of resources) observations.push(...(await observe(ctx, insider, resource, zone)));
    }
  }
  return { observations, resources };
}

/** All that a rule names must be so. */
function includes({ accountIds, resourceTypes, resourceArns }: InternalAccessAnalysisRuleCriteria, resource: Resource) {
  return (
    (!accountIds?.length || accountIds.includes(resource.account)) &&
    (!resourceTypes?.length || resourceTypes.some((type) => type === resource.type)) &&
    (!resourceArns?.length || resourceArns.includes(resource.arn))
  );
}

async function observe(ctx: Context, insider: Insider, resource: Resource, zone: Zone): Promise<Observation[]> {
  const restricted = await restrictions(ctx, insider, resource, zone);
  const found: Observation[] = [];
  for (const { actions, condition } of canDo(insider, resource, restricted, actionsOn(resource.type))) {
    const details: InternalAccessDetails = {
      action: [...actions],
      condition: { ...condition },
      principal: { AWS: insider.arn },
      principalOwnerAccount: insider.account,
      accessType: insider.account === resource.account ? 'INTRA_ACCOUNT' : 'INTRA_ORG',
      principalType: insider.kind === 'user' ? 'IAM_USER' : 'IAM_ROLE',
      ...(resource.type === 'AWS::S3::Bucket' && { sources: [{ type: 'POLICY' as const }] }),
      resourceControlPolicyRestriction: restricted.resourceControl,
      serviceControlPolicyRestriction: restricted.serviceControl,
    };
    found.push({
      type: 'InternalAccess',
      resource: resource.arn,
      resourceType: resource.type as Observation['resourceType'],
      owner: resource.account,
      details: [{ internalAccessDetails: details }],
      identity: details,
    });
  }
  return found;
}
