/** The root of the tree, and which types of policy are enabled in it. */
import {
  type DisablePolicyTypeRequest,
  type DisablePolicyTypeResponse,
  type EnablePolicyTypeRequest,
  type EnablePolicyTypeResponse,
  type ListRootsRequest,
  type ListRootsResponse,
  PolicyTypeAlreadyEnabledException,
  PolicyTypeNotAvailableForOrganizationException,
  PolicyTypeNotEnabledException,
  RootNotFoundException,
  type Root as View,
} from '@aws-sdk/client-organizations';
import type { Context } from '../../core/context.ts';
import { awsError, fail, notImplemented } from '../../core/errors.ts';
import { type Access, Missing, type Present, type Tag } from '../../core/operation.ts';
import { heldPolicies } from '../../identity/effectivePolicies.ts';
import {
  accounts,
  type Organization,
  type OrganizationPolicyType,
  trustedServices,
  type Unit,
  units,
} from '../../identity/organization.ts';
import { everyRow } from '../../store/everyRow.ts';
import { rootArn } from './arns.ts';
import { cursorIn, type Paged, removeAll } from './pages.ts';
import { putAttachments, tagsOf } from './places.ts';
import { policyTypes } from './policyTypes.ts';
import { violated } from './refusals.ts';
import { operation, type Seat } from './seats.ts';

export const ListRoots = operation<ListRootsRequest, ListRootsResponse>({
  who: 'readers',
  async run(input: Paged, ctx, { organization }) {
    if (cursorIn(input) !== undefined) return { Roots: [] };
    const root = await rootOf(ctx, organization);
    return { Roots: root ? [viewOf(organization, root)] : [] };
  },
});

export const EnablePolicyType = operation<Present<EnablePolicyTypeRequest>, EnablePolicyTypeResponse, Rooted>({
  who: 'delegates',
  find: (input, ctx, seat) => findRoot(ctx, seat, input.RootId),
  access: (input, seat, rooted) => rootAccess(seat, rooted, input.PolicyType),
  async run({ PolicyType }, ctx, { organization }, { root }) {
    requireAllFeatures(organization);
    if (PolicyType === 'SECURITYHUB_CSPM_POLICY') notImplemented(`The policy type ${PolicyType}`);
    if (isEnabled(root, PolicyType)) {
      fail(PolicyTypeAlreadyEnabledException, 'The specified policy type is already enabled.');
    }
    await requireServiceAccess(ctx, organization, PolicyType);
    const enabled = { ...root, enabledTypes: [...(root.enabledTypes ?? []), PolicyType] };
    await ctx.store.replace(units, enabled);
    const own = policyTypes[PolicyType].own;
    if (own) await attachEverywhere(ctx, organization, PolicyType, [own.id]);
    return { Root: viewOf(organization, enabled) };
  },
});

/** Disabling a type detaches its policies everywhere; that cannot be undone. */
export const DisablePolicyType = operation<Present<DisablePolicyTypeRequest>, DisablePolicyTypeResponse, Rooted>({
  who: 'delegates',
  find: (input, ctx, seat) => findRoot(ctx, seat, input.RootId),
  access: (input, seat, rooted) => rootAccess(seat, rooted, input.PolicyType),
  async run({ PolicyType }, ctx, { organization }, { root }) {
    requireEnabled(root, PolicyType);
    const disabled = { ...root, enabledTypes: (root.enabledTypes ?? []).filter((type) => type !== PolicyType) };
    await ctx.store.replace(units, disabled);
    await attachEverywhere(ctx, organization, PolicyType, undefined);
    await removeAll(ctx, heldPolicies, [organization.id, PolicyType]);
    return { Root: viewOf(organization, disabled) };
  },
});

interface Rooted {
  readonly root: Unit;
  readonly tags: readonly Tag[];
}

export const rootOf = (ctx: Context, organization: Organization) =>
  ctx.store.get(units, [organization.id, organization.root]);

export const isEnabled = (root: Unit | undefined, type: OrganizationPolicyType) =>
  root?.enabledTypes?.includes(type) ?? false;

export function requireEnabled(root: Unit | undefined, type: OrganizationPolicyType): void {
  if (isEnabled(root, type)) return;
  fail(PolicyTypeNotEnabledException, 'This operation can be performed only for enabled policy types.');
}

export function requireAllFeatures(organization: Organization): void {
  if (organization.featureSet === 'ALL') return;
  fail(
    PolicyTypeNotAvailableForOrganizationException,
    "You can't use the specified policy type with the feature set currently enabled for this organization.",
  );
}

async function requireServiceAccess(ctx: Context, { id }: Organization, type: OrganizationPolicyType): Promise<void> {
  const service = policyTypes[type].service;
  if (service === undefined || (await ctx.store.get(trustedServices, [id, service]))) return;
  violated(
    'SERVICE_ACCESS_NOT_ENABLED',
    'You must enable service access before you enable this policy type. Call the AWS API EnableAWSServiceAccess first.',
  );
}

async function attachEverywhere(
  ctx: Context,
  organization: Organization,
  type: OrganizationPolicyType,
  policies: readonly string[] | undefined,
): Promise<void> {
  for await (const { id } of everyRow(ctx.store, units, [organization.id])) {
    await putAttachments(ctx, organization, id, type, policies);
  }
  for await (const { id } of everyRow(ctx.store, accounts, [organization.id], 'organization')) {
    await putAttachments(ctx, organization, id, type, policies);
  }
}

async function findRoot(ctx: Context, { organization }: Seat, id: string): Promise<Rooted | Missing> {
  const root = id === organization.root ? await rootOf(ctx, organization) : undefined;
  if (root) return { root, tags: await tagsOf(ctx, organization, id) };
  return new Missing(
    rootArn(organization, id),
    awsError(RootNotFoundException, "You specified a root that doesn't exist."),
  );
}

const rootAccess = (seat: Seat, { root, tags }: Rooted, type: string): Access => ({
  resource: rootArn(seat.organization, root.id),
  resourceTags: tags,
  conditions: { 'organizations:PolicyType': type },
});

const viewOf = (organization: Organization, root: Unit): View => ({
  Id: root.id,
  Arn: rootArn(organization, root.id),
  Name: root.name,
  PolicyTypes: (root.enabledTypes ?? []).map((Type) => ({ Type, Status: 'ENABLED' })),
});
