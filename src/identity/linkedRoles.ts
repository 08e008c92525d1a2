/** Service-linked roles that services make when they first need them, with the caller's permission to make them. */
import type { Context } from '../core/context.ts';
import { byName, roles } from './principals.ts';

/** Makes the service's role in the caller's account, unless it is there. Throws AccessDenied. */
export async function ensureLinkedRole(ctx: Context, AWSServiceName: string, role: string): Promise<void> {
  if ((await ctx.store.get(roles, byName(ctx.account, role)))?.linkedService === AWSServiceName) return;
  await ctx.call('iam', 'CreateServiceLinkedRole', { AWSServiceName });
}
