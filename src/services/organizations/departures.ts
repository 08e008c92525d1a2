/** How accounts go: removed by the organization, leaving it themselves, or closed. */
import {
  AccountAlreadyClosedException,
  type CloseAccountRequest,
  ConflictException,
  MasterCannotLeaveOrganizationException,
  type RemoveAccountFromOrganizationRequest,
} from '@aws-sdk/client-organizations';
import type { Context } from '../../core/context.ts';
import { fail } from '../../core/errors.ts';
import type { Present } from '../../core/operation.ts';
import {
  type Account,
  accounts,
  closingMilliseconds,
  delegatedAdministrators,
  isClosed,
  isDelegatedAdministrator,
  type Organization,
} from '../../identity/organization.ts';
import { oweDeparture } from '../../identity/permissionSets.ts';
import { everyRow } from '../../store/everyRow.ts';
import { table } from '../../store/store.ts';
import { findAccount } from './accounts.ts';
import { watchClosed } from './closedAccounts.ts';
import { forgetHeld } from './heldPolicies.ts';
import { departedEvent } from './membershipEvents.ts';
import { standalone } from './organizations.ts';
import { memberOf, type Place, placeAccess, putTags } from './places.ts';
import { violated } from './refusals.ts';
import { operation } from './seats.ts';

/** A closed account, remembered for the quota of closures. */
interface Closure {
  readonly organization: string;
  readonly account: string;
  readonly begun: string;
}

const closures = table<Closure>('org_closure', { key: (c) => [c.organization, c.account] });

const DAY = 86_400_000;
const WAIT_DAYS = 4;
const CLOSURES_AT_ONCE_MAX = 3;

export const RemoveAccountFromOrganization = operation<Present<RemoveAccountFromOrganizationRequest>, object, Place>({
  who: 'management',
  find: (input, ctx, seat) => findAccount(ctx, seat, input.AccountId),
  access: (_input, _seat, place) => placeAccess(place),
  async run({ AccountId }, ctx, { organization }) {
    await depart(ctx, organization, AccountId, 'REMOVED');
    return {};
  },
});

export const LeaveOrganization = operation<object, object>({
  who: 'members',
  async run(_input, ctx, { organization }) {
    await depart(ctx, organization, ctx.account, 'LEFT');
    return {};
  },
});

/** Makes a member account a standalone one, if it may go. Its tags and policies go, and IAM Identity Center's roles. */
export async function depart(ctx: Context, organization: Organization, id: string, method: string): Promise<void> {
  if (id === organization.management) {
    fail(
      MasterCannotLeaveOrganizationException,
      "You can't remove a management account from an organization. If you want the management account to become a " +
        'member account in another organization, you must first delete the current organization of the management account.',
    );
  }
  const account = await memberOf(ctx, organization, id);
  if (!account) return;
  if (await isDelegatedAdministrator(ctx.store, organization.id, id)) {
    violated('CANNOT_REMOVE_DELEGATED_ADMINISTRATOR_FROM_ORG');
  }
  if (isTooYoung(account, ctx.now)) violated('WAIT_PERIOD_ACTIVE');
  ctx.audit.serviceEvents = [...(ctx.audit.serviceEvents ?? []), await separate(ctx, organization, account, method)];
}

/** Takes a member out, whether or not it may go. Returns what the management account's event history says of it. */
export async function separate(ctx: Context, organization: Organization, account: Account, method: string) {
  const { id } = account;
  await ctx.store.replace(accounts, standalone(account));
  await forgetHeld(ctx, organization, id);
  await putTags(ctx, organization, id, []);
  await ctx.store.remove(delegatedAdministrators, [organization.id, id]);
  await oweDeparture(ctx, organization, id);
  return departedEvent(organization, id, method, ctx.now.toISOString());
}

const isTooYoung = (account: Account, now: Date) =>
  account.joinedMethod === 'CREATED' && now.getTime() - Date.parse(account.created) < WAIT_DAYS * DAY;

export const CloseAccount = operation<Present<CloseAccountRequest>, object, Place>({
  who: 'management',
  find: (input, ctx, seat) => findAccount(ctx, seat, input.AccountId),
  access: (_input, _seat, place) => placeAccess(place),
  async run({ AccountId }, ctx, { organization }) {
    if (AccountId === organization.management) violated('CANNOT_CLOSE_MANAGEMENT_ACCOUNT');
    if (organization.featureSet !== 'ALL') violated('ORGANIZATION_NOT_IN_ALL_FEATURES_MODE');
    const account = await ctx.store.get(accounts, [AccountId]);
    if (!account) return {};
    if (isClosed(account, ctx.now)) fail(AccountAlreadyClosedException, 'The provided account is already closed.');
    if (account.closing !== undefined) {
      fail(
        ConflictException,
        'The request failed because it conflicts with the current state of the specified resource.',
      );
    }
    await requireClosuresLeft(ctx, organization);
    const begun = ctx.now.toISOString();
    await ctx.store.replace(accounts, { ...account, status: 'PENDING_CLOSURE', closing: begun });
    await ctx.store.replace(closures, { organization: organization.id, account: AccountId, begun });
    await watchClosed(ctx, AccountId, { organization: organization.id, begun });
    ctx.audit.serviceEvents = [closeResult(organization, AccountId, ctx.now)];
    return {};
  },
});

/** Three at a time; within thirty days 250 or a fifth of the members, whichever is more, and never above a thousand. */
async function requireClosuresLeft(ctx: Context, { id }: Organization): Promise<void> {
  if ((await ctx.store.count(closures, [id])) < CLOSURES_AT_ONCE_MAX) return;
  const members = (await ctx.store.count(accounts, [id], 'organization')) - 1;
  const max = Math.min(1000, Math.max(250, Math.floor(members / 5)));
  let recent = 0;
  let underway = 0;
  for await (const { begun, account } of everyRow(ctx.store, closures, [id])) {
    const age = ctx.now.getTime() - Date.parse(begun);
    if (age >= 30 * DAY) await ctx.store.remove(closures, [id, account]);
    else recent++;
    if (age < closingMilliseconds) underway++;
  }
  if (underway >= CLOSURES_AT_ONCE_MAX) violated('CLOSE_ACCOUNT_REQUESTS_LIMIT_EXCEEDED');
  if (recent >= max) violated('CLOSE_ACCOUNT_QUOTA_EXCEEDED');
}

const closeResult = (organization: Organization, accountId: string, now: Date) => ({
  account: organization.management,
  eventName: 'CloseAccountResult',
  details: {
    closeAccountStatus: {
      accountId,
      state: 'SUCCEEDED',
      requestedTimestamp: now.toISOString(),
      completedTimestamp: new Date(now.getTime() + closingMilliseconds).toISOString(),
    },
  },
});
