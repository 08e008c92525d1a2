/** How roles look in answers. */
import type { RoleLastUsed, Role as SdkRole } from '@aws-sdk/client-iam';
import type { Context } from '../../core/context.ts';
import { roleUses } from '../../identity/lastUsed.ts';
import { type Role, roleArn } from '../../identity/principals.ts';
import { trustView } from './trustPolicies.ts';

/** What every answer about a role says. */
export async function plainView(ctx: Context, role: Role): Promise<SdkRole> {
  return {
    Path: role.path,
    RoleName: role.name,
    RoleId: role.id,
    Arn: roleArn(role),
    CreateDate: new Date(role.created),
    AssumeRolePolicyDocument: await trustView(ctx, role),
  };
}

/** A role in a list: without tags, boundary and last use, which only GetRole tells. */
export async function listedView(ctx: Context, role: Role): Promise<SdkRole> {
  const description = role.description === undefined ? {} : { Description: role.description };
  return { ...(await plainView(ctx, role)), ...description, MaxSessionDuration: role.maxSessionDuration };
}

/** When a role was used last, as far as the journal has been read (`ctx.journal.catchUp()`). Empty: never. */
export async function lastUsedView(ctx: Context, role: Role): Promise<RoleLastUsed> {
  const use = await ctx.store.get(roleUses, [role.id]);
  return use ? { LastUsedDate: new Date(use.time), Region: use.region } : {};
}
