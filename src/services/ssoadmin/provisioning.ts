/**
 * The role that stands for a permission set in an account, and the SAML provider that it trusts: made, kept in step,
 * and taken away with the last assignment.
 * https://docs.aws.amazon.com/singlesignon/latest/userguide/using-service-linked-roles.html
 */
import type { Context } from '../../core/context.ts';
import { uniqueId } from '../../core/ids.ts';
import type { Instance } from '../../identity/instances.ts';
import { accounts, chainOf } from '../../identity/organization.ts';
import {
  assignments,
  type PermissionSet,
  type PolicyReference,
  type Provisioned,
  provisionedSets,
} from '../../identity/permissionSets.ts';
import { managedPolicies, type Role, roles } from '../../identity/principals.ts';
import { samlProviderArn, samlProviders } from '../../identity/providers.ts';
import { samlIdentities, samlProviderFor, samlProviderName } from '../../identity/samlIdentity.ts';

/** Why an account cannot have the role: told as the status's FailureReason. */
export class NotProvisioned extends Error {
  override readonly name = 'NotProvisioned';
}

const INLINE_NAME = 'AwsSSOInlinePolicy';
const SESSION_SECONDS = 43_200;

/** Makes the role what the permission set says now. */
export async function provision(ctx: Context, instance: Instance, set: PermissionSet, account: string): Promise<void> {
  await requireMember(ctx, instance, account);
  const content = await contentOf(ctx, set, account);
  const key = [set.instance, account, set.id];
  const standing = await ctx.store.get(provisionedSets, key);
  const role = standing && (await ctx.store.get(roles, [account, standing.role.toLowerCase()]));
  const made = role ?? (await newRole(ctx, instance, set, account));
  await ctx.store.replace(roles, { ...withoutBoundary(made), ...content });
  const row: Provisioned = {
    instance: set.instance,
    account,
    permissionSet: set.id,
    role: made.name,
    version: set.version,
  };
  await ctx.store.replace(provisionedSets, row);
}

async function requireMember(ctx: Context, { organization }: Instance, account: string): Promise<void> {
  const row = await ctx.store.get(accounts, [account]);
  const chain = row && (await chainOf(ctx.store, account));
  if (chain === undefined || chain.organization.id !== organization) {
    throw new NotProvisioned(`Account ${account} is not a member of the organization.`);
  }
  if (row?.status !== 'ACTIVE') throw new NotProvisioned(`Account ${account} is not active.`);
}

/** What the role has of the permission set. References to policies that the account lacks fail all of it. */
async function contentOf(ctx: Context, set: PermissionSet, account: string): Promise<Partial<Role>> {
  const attached = [...set.managedPolicies];
  for (const reference of set.customerPolicies) attached.push(await ownPolicy(ctx, account, reference));
  const { boundary } = set;
  const limit =
    boundary &&
    ('managedPolicy' in boundary ? boundary.managedPolicy : await ownPolicy(ctx, account, boundary.customerPolicy));
  return {
    attached,
    inline: set.inlinePolicy === undefined ? {} : { [INLINE_NAME]: set.inlinePolicy },
    ...(limit !== undefined && { boundary: limit }),
    ...(set.description !== undefined && { description: set.description }),
  };
}

async function ownPolicy(ctx: Context, account: string, { name, path }: PolicyReference): Promise<string> {
  const policy = await ctx.store.get(managedPolicies, [account, name.toLowerCase()]);
  const arn = `arn:aws:iam::${account}:policy${path}${name}`;
  if (policy?.path !== path)
    throw new NotProvisioned(`Received a 404 status error: Policy ${arn} does not exist in account ${account}.`);
  return arn;
}

const withoutBoundary = ({ boundary: _, ...role }: Role): Role => role;

async function newRole(ctx: Context, instance: Instance, set: PermissionSet, account: string): Promise<Role> {
  return {
    account,
    name: `AWSReservedSSO_${set.name}_${Buffer.from(ctx.random(8)).toString('hex')}`,
    path: pathIn(instance.region),
    id: uniqueId('AROA', ctx),
    created: ctx.now.toISOString(),
    tags: [],
    trust: trustIn(await providerIn(ctx, instance, account)),
    maxSessionDuration: SESSION_SECONDS,
    attached: [],
    inline: {},
  };
}

const pathIn = (region: string) => `/aws-reserved/sso.amazonaws.com/${region === 'us-east-1' ? '' : `${region}/`}`;

const trustIn = (provider: string) =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: { Federated: provider },
        Action: ['sts:AssumeRoleWithSAML', 'sts:TagSession'],
        Condition: { StringEquals: { 'SAML:aud': 'https://signin.aws.amazon.com/saml' } },
      },
    ],
  });

/** ARN of the account's provider, made with the first role. */
async function providerIn(ctx: Context, instance: Instance, account: string): Promise<string> {
  const name = samlProviderName(instance);
  const identity = await ctx.store.get(samlIdentities, [instance.id]);
  if (identity && !(await ctx.store.get(samlProviders, [account, name]))) {
    await ctx.store.insert(samlProviders, samlProviderFor(ctx, account, instance, identity));
  }
  return samlProviderArn({ account, name });
}

/** Takes the role away when nobody is assigned any more; the provider goes with the account's last role. */
export async function withdraw(ctx: Context, instance: Instance, set: string, account: string): Promise<void> {
  const assigned = await ctx.store.list(assignments, [instance.id, account, set], { limit: 1 });
  if (assigned.rows.length > 0) return;
  const standing = await ctx.store.get(provisionedSets, [instance.id, account, set]);
  if (!standing) return;
  await ctx.store.remove(roles, [account, standing.role.toLowerCase()]);
  await ctx.store.remove(provisionedSets, [instance.id, account, set]);
  const others = await ctx.store.list(provisionedSets, [instance.id, account], { limit: 1 });
  if (others.rows.length === 0) await ctx.store.remove(samlProviders, [account, samlProviderName(instance)]);
}
