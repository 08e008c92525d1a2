/** Trust policies: who may assume a role. Their principals are kept by unique id and shown by ARN. */
import { MalformedPolicyDocumentException, type UpdateAssumeRolePolicyRequest } from '@aws-sdk/client-iam';
import type { Context } from '../../core/context.ts';
import { fail } from '../../core/errors.ts';
import type { Operation, Present } from '../../core/operation.ts';
import { quota } from '../../core/quotas.ts';
import { bindPrincipals, InvalidPrincipal, showPrincipals } from '../../identity/principalBinding.ts';
import { type Role, roles } from '../../identity/principals.ts';
import { checkDocument, checkSize, encodedDocument } from './documents.ts';
import { findRole, protectRole, roleAccess } from './holders.ts';
import { requireControls } from './sharedProviders.ts';

export const UpdateAssumeRolePolicy: Operation<Present<UpdateAssumeRolePolicyRequest>, object, Role> = {
  load: (input, ctx) => findRole(ctx, input.RoleName),
  access: (_input, _ctx, role) => roleAccess(role, { 'iam:PermissionsBoundary': role.boundary }),
  async run(input, ctx, role) {
    protectRole(ctx, role);
    await ctx.store.replace(roles, { ...role, trust: await trustOf(ctx, input.PolicyDocument) });
    return {};
  },
};

/** The trust policy to keep, checked. */
export async function trustOf(ctx: Context, document: string): Promise<string> {
  checkDocument(document, 'trust');
  requireControls(document);
  checkSize(document, 'ACLSizePerRole', quota(ctx, 'AssumeRolePolicySizeQuota', 2048));
  const bound = await bindPrincipals(ctx.store, document);
  return bound instanceof InvalidPrincipal ? fail(MalformedPolicyDocumentException, bound.message) : bound;
}

export const trustView = async (ctx: Context, role: Role) =>
  encodedDocument(await showPrincipals(ctx.store, role.trust));
