/** External access, as findings tell it. */
import type { ExternalAccessDetails, ResourceControlPolicyRestriction } from '@aws-sdk/client-accessanalyzer';
import type { Context } from '../../core/context.ts';
import { chainOf } from '../../identity/organization.ts';
import { guardrailsOf } from '../../identity/policies.ts';
import { matchesPattern, PolicySyntaxError } from '../../policy/index.ts';
import { type Resource, resourcesOf } from '../../posture/inventory.ts';
import type { Observed } from './analyses.ts';
import { isAnalyzed, prefixOf } from './analyzedTypes.ts';
import type { Analyzer } from './analyzerRows.ts';
import { type ExternalAccess, externalAccess } from './externalAccess.ts';
import type { Observation } from './findingRows.ts';
import type { Zone } from './zone.ts';

export async function observeExternal(
  ctx: Context,
  analyzer: Analyzer,
  zone: Zone,
  account: string,
): Promise<Observed> {
  const observations: Observation[] = [];
  const resources: Resource[] = [];
  for await (const resource of resourcesOf(ctx.store, account, analyzer.region)) {
    if (!isAnalyzed(resource.type)) continue;
    resources.push(resource);
    observations.push(...(await observe(ctx, resource, zone)));
  }
  return { observations, resources };
}

/** A policy that cannot be read leaves an error finding, never silence. */
async function observe(ctx: Context, resource: Resource, zone: Zone): Promise<Observation[]> {
  try {
    return await externalObservations(ctx, resource, zone);
  } catch (error) {
    if (!(error instanceof PolicySyntaxError)) throw error;
    const { arn, account: owner, type } = resource;
    const resourceType = type as Observation['resourceType'];
    const identity = 'INTERNAL_ERROR';
    return [{ type: 'ExternalAccess', resource: arn, resourceType, owner, details: [], identity, error: identity }];
  }
}

/** What the resource's policy and grants let the outside do. Throws PolicySyntaxError. */
export async function externalObservations(ctx: Context, resource: Resource, zone: Zone): Promise<Observation[]> {
  const found = accessOf(resource, zone);
  const restriction = found.length > 0 ? await resourceControl(ctx, resource) : 'NOT_APPLICABLE';
  return found.map((access) => observationOf(resource, access, restriction));
}

const byText = new Map<string, readonly ExternalAccess[]>();
const KEPT_MAX = 10_000;

/** The same resource in the same zone is analyzed once. */
function accessOf(resource: Resource, zone: Zone): readonly ExternalAccess[] {
  const { arn, type, policy, grants, blocksPublicAccess } = resource;
  const key = JSON.stringify([arn, type, policy, grants, blocksPublicAccess, zoneKey(zone)]);
  const found = byText.get(key) ?? externalAccess(resource, zone);
  if (byText.size >= KEPT_MAX) byText.clear();
  byText.set(key, found);
  return found;
}

const zoneKeys = new WeakMap<Zone, string>();

function zoneKey(zone: Zone): string {
  const known = zoneKeys.get(zone) ?? `${zone.organization} ${[...zone.accounts].join()}`;
  zoneKeys.set(zone, known);
  return known;
}

function observationOf(
  resource: Resource,
  { principal, actions, condition, isPublic, source }: ExternalAccess,
  resourceControlPolicyRestriction: ResourceControlPolicyRestriction,
): Observation {
  const details: ExternalAccessDetails = {
    action: [...actions],
    condition: { ...condition },
    isPublic,
    principal: { ...principal },
    ...(resource.type === 'AWS::S3::Bucket' && { sources: [{ type: source as 'POLICY' }] }),
    resourceControlPolicyRestriction,
  };
  return {
    type: 'ExternalAccess',
    resource: resource.arn,
    resourceType: resource.type as Observation['resourceType'],
    owner: resource.account,
    details: [{ externalAccessDetails: details }],
    identity: details,
  };
}

/**
 * Resource control policies are told of, not counted in: APPLICABLE when some policy of the organization's own making
 * says something about the resource's service.
 */
async function resourceControl(ctx: Context, { account, type }: Resource): Promise<ResourceControlPolicyRestriction> {
  const levels = await guardrailsOf(ctx.store, await chainOf(ctx.store, account), 'RESOURCE_CONTROL_POLICY');
  const statements = (levels ?? []).flat().flatMap(({ body }) => body.document.statements);
  const concerns = statements.some(({ effect, action, notAction }) => {
    return effect === 'Deny' && (notAction !== undefined || action?.some((pattern) => isOf(pattern, prefixOf(type))));
  });
  return concerns ? 'APPLICABLE' : 'NOT_APPLICABLE';
}

const isOf = (pattern: string, prefix: string) =>
  pattern === '*' || matchesPattern(pattern.toLowerCase().split(':')[0] ?? '', prefix);
