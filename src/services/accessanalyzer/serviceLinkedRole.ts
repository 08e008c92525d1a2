/**
 * AWSServiceRoleForAccessAnalyzer: made with the first analyzer of an account, with the caller's permission to make
 * it.
 */
import type { Context } from '../../core/context.ts';
import { ensureLinkedRole } from '../../identity/linkedRoles.ts';
import { byName, roles } from '../../identity/principals.ts';

export const SERVICE = 'access-analyzer.amazonaws.com';
const ROLE = 'AWSServiceRoleForAccessAnalyzer';

export const hasLinkedRole = async (ctx: Context, account: string) =>
  (await ctx.store.get(roles, byName(account, ROLE)))?.linkedService === SERVICE;

export const createLinkedRole = (ctx: Context) => ensureLinkedRole(ctx, SERVICE, ROLE);
