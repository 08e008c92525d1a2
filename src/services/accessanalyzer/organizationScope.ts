/**
 * Analyzers of a whole organization: who may have one, and when they stop working.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-delegated-administrator.html
 */
import type { AnalyzerStatus, ReasonCode } from '@aws-sdk/client-accessanalyzer';
import type { Context } from '../../core/context.ts';
import { type Chain, chainOf, isDelegatedAdministrator, trustedServices } from '../../identity/organization.ts';
import type { Analyzer } from './analyzerRows.ts';
import { isOrganization } from './configurations.ts';
import { failConflict, failDenied, failField } from './errors.ts';
import { hasLinkedRole, SERVICE } from './serviceLinkedRole.ts';

const ROLE_MISSING = 'Access Analyzer Service Linked Role is not in the organizational management account';

/** Management account or delegated administrator, of an organization that trusts the service. */
export async function requireOrganization(ctx: Context): Promise<void> {
  const chain = await chainOf(ctx.store, ctx.account);
  if (!chain) return failField('type', 'The account is not a member of an organization.');
  const reason = await whyDisabled(ctx, chain);
  if (reason === 'AWS_SERVICE_ACCESS_DISABLED') {
    failField('type', `Trusted access for ${SERVICE} is not enabled in the organization.`);
  }
  if (reason) failDenied('Only the management account or a delegated administrator can create organization analyzers.');
  const { management } = chain.organization;
  if (ctx.account !== management && !(await hasLinkedRole(ctx, management))) {
    failConflict('ServiceLinkedRole', management, ROLE_MISSING);
  }
}

interface Status {
  readonly status: AnalyzerStatus;
  readonly statusReason?: { readonly code: ReasonCode };
}

/** Derived from the organization as it is now. */
export async function statusOf(ctx: Context, analyzer: Analyzer): Promise<Status> {
  if (!isOrganization(analyzer.type)) return { status: 'ACTIVE' };
  const chain = await chainOf(ctx.store, analyzer.account);
  const code = chain ? await whyDisabled(ctx, chain) : 'ORGANIZATION_DELETED';
  return code ? { status: 'DISABLED', statusReason: { code } } : { status: 'ACTIVE' };
}

async function whyDisabled(ctx: Context, { account, organization }: Chain): Promise<ReasonCode | undefined> {
  if (!(await ctx.store.get(trustedServices, [organization.id, SERVICE]))) return 'AWS_SERVICE_ACCESS_DISABLED';
  if (organization.management === account.id) return undefined;
  const delegated = await isDelegatedAdministrator(ctx.store, organization.id, account.id, SERVICE);
  return delegated ? undefined : 'DELEGATED_ADMINISTRATOR_DEREGISTERED';
}
