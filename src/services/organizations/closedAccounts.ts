/**
 * A closed account is kept in its organization for ninety days; then it is closed for good, and gone from there. The
 * task loads with the plane, so it imports nothing of the service before there is something to do.
 * https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_accounts_close.html
 */
import { type Giver, later, type TaskHandler } from '../../core/tasks.ts';

const CLOSED_ACCOUNT = 'organizations.closedAccount';
const KEPT_MS = 90 * 86_400_000;
const PRINCIPAL = 'organizations.amazonaws.com';

interface Closing {
  readonly organization: string;
  /** When closing began; ISO 8601. */
  readonly begun: string;
}

export const watchClosed = (ctx: Giver, account: string, closing: Closing): Promise<void> =>
  later(ctx, { kind: CLOSED_ACCOUNT, id: account, body: closing, due: Date.parse(closing.begun) + KEPT_MS });

export const closedAccounts: TaskHandler<Closing> = {
  kind: CLOSED_ACCOUNT,
  principal: PRINCIPAL,
  async settle({ id, body }, ctx) {
    const { accounts, organizations } = await import('../../identity/organization.ts');
    const account = await ctx.store.get(accounts, [id]);
    const organization = await ctx.store.get(organizations, [body.organization]);
    if (!organization || account?.organization !== organization.id || account.closing !== body.begun) return undefined;
    const { separate } = await import('./departures.ts');
    const { appendRecord } = await import('../../core/ownRecords.ts');
    const { account: told, eventName, details } = await separate(ctx, organization, account, 'CLOSED');
    appendRecord(ctx, told, ctx.region, {
      userIdentity: { accountId: told, invokedBy: PRINCIPAL },
      eventSource: PRINCIPAL,
      eventName,
      eventType: 'AwsServiceEvent',
      sourceIPAddress: PRINCIPAL,
      serviceEventDetails: details,
    });
    return undefined;
  },
};
