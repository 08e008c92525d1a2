/**
 * What requests are about. An instance is there for who administers it, in its Regions; permission sets are its own.
 * Accounts other than the management account reach an organization's instance only if it was delegated to them, and
 * never the permission sets that stand in the management account.
 */
import type { Context } from '../../core/context.ts';
import { type Access, Missing } from '../../core/operation.ts';
import { isServedIn } from '../../identity/instanceRegions.ts';
import { administers, type Instance, identityStoreArn, instanceArn, instances } from '../../identity/instances.ts';
import { type PermissionSet, permissionSetArn, permissionSets } from '../../identity/permissionSets.ts';
import { failInvalid, notFound } from './errors.ts';

const INSTANCE = /^arn:(?:aws|aws-us-gov|aws-cn):sso:::instance\/((?:sso)?ins-[a-zA-Z0-9.-]{16})$/;
const PERMISSION_SET =
  /^arn:(?:aws|aws-us-gov|aws-cn):sso:::permissionSet\/((?:sso)?ins-[a-zA-Z0-9.-]{16})\/(ps-[a-zA-Z0-9./-]{16})$/;

export async function findInstance(ctx: Context, arn: string): Promise<Instance | undefined> {
  const id = INSTANCE.exec(arn)?.[1];
  const instance = id === undefined ? undefined : await ctx.store.get(instances, [id]);
  if (!instance || !isServedIn(instance, ctx.region, ctx.now)) return undefined;
  return (await administers(ctx.store, ctx.account, instance)) ? instance : undefined;
}

export const noInstance = (arn: string) => new Missing(arn, notFound(`Instance with ARN ${arn} not found`));

interface OfInstance {
  readonly InstanceArn: string;
}

/** For operations on an instance. */
export const onInstance = {
  load: async ({ InstanceArn }: OfInstance, ctx: Context): Promise<Instance | Missing> =>
    (await findInstance(ctx, InstanceArn)) ?? noInstance(InstanceArn),
  access: (_input: unknown, _ctx: Context, instance: Instance): Access => accessTo(instanceArn(instance)),
};

/** What an operation on an instance does to its directory. */
export const onDirectory = (ctx: Context, instance: Instance, operation: string): Access => ({
  ...{ action: `identitystore:${operation}`, resource: identityStoreArn(instance), resourceAccount: ctx.account },
});

/** To a delegated administrator the instance is as its own: its ARNs have no account. */
export const accessTo = (resource: string, more: Partial<Access> = {}): Access => ({
  resource,
  ...more,
});

export interface FoundSet {
  readonly instance: Instance;
  readonly set: PermissionSet;
}

interface OfSet extends OfInstance {
  readonly PermissionSetArn: string;
}

/** For operations on a permission set. */
export const onSet = {
  async load({ InstanceArn, PermissionSetArn }: OfSet, ctx: Context): Promise<FoundSet | Missing> {
    const instance = await findInstance(ctx, InstanceArn);
    if (!instance) return noInstance(InstanceArn);
    const set = await findSet(ctx, instance, PermissionSetArn);
    return set ? { instance, set } : noSet(PermissionSetArn);
  },
  access: (_input: unknown, _ctx: Context, { instance, set }: FoundSet): Access[] => [
    accessTo(instanceArn(instance)),
    accessTo(permissionSetArn(set), { resourceTags: set.tags }),
  ],
};

export const noSet = (arn: string) => new Missing(arn, notFound(`PermissionSet with ARN ${arn} not found`));

export async function findSet(ctx: Context, instance: Instance, arn: string): Promise<PermissionSet | undefined> {
  const [, of, id] = PERMISSION_SET.exec(arn) ?? [];
  return of === instance.id ? ctx.store.get(permissionSets, [of, id!]) : undefined;
}

export const accountAccess = (account: string): Access => accessTo(`arn:aws:sso:::account/${account}`);

/** Permission sets assign people of an organization to its accounts: an account's own instance has none. */
export function requireOrganization(instance: Instance): string {
  return (
    instance.organization ?? failInvalid('The operation is not supported for account instances of IAM Identity Center.')
  );
}
