/** Invitations: how an account that exists joins. Each holds a place under the quota of accounts while it is open. */
import {
  DuplicateHandshakeException,
  type InviteAccountToOrganizationRequest,
  type InviteAccountToOrganizationResponse,
} from '@aws-sdk/client-organizations';
import type { Context } from '../../core/context.ts';
import { fail } from '../../core/errors.ts';
import { lowerId } from '../../core/ids.ts';
import type { Present } from '../../core/operation.ts';
import { quota } from '../../core/quotas.ts';
import { requestTags } from '../../core/tags.ts';
import { type Account, accounts, type Organization, organizations } from '../../identity/organization.ts';
import { accountArn } from './arns.ts';
import { ACCOUNTS_MAX, hasRoom } from './creations.ts';
import { depart } from './departures.ts';
import { addHandshake, type Handshake, handshakes, stateOf } from './handshakeRows.ts';
import { viewOf } from './handshakeViews.ts';
import { keepingValidAt } from './heldPolicies.ts';
import { joinedEvent } from './membershipEvents.ts';
import { putTags } from './places.ts';
import { firstAttachments } from './policyTypes.ts';
import { handshakeViolated, invalid } from './refusals.ts';
import { addServiceLinkedRole } from './roles.ts';
import { rootOf } from './roots.ts';
import { operation } from './seats.ts';
import { checkedNewTags } from './tagging.ts';

const OPEN_DAYS = 15;
const INVITATIONS_MAX = 20;
const DAY = 86_400_000;

export const InviteAccountToOrganization = operation<
  Present<InviteAccountToOrganizationRequest>,
  InviteAccountToOrganizationResponse
>({
  who: 'management',
  access: ({ Target, Tags }, seat) => ({
    resource: Target.Type === 'ACCOUNT' ? accountArn(seat.organization, Target.Id ?? '') : '*',
    conditions: requestTags(Tags),
  }),
  async run({ Target, Notes, Tags }, ctx, { organization }) {
    const tags = checkedNewTags(Tags);
    const account = await invited(ctx, Target.Type, Target.Id ?? '');
    if (account.organization === organization.id) handshakeViolated('ALREADY_IN_AN_ORGANIZATION');
    await requireNoOther(ctx, organization, account.id);
    if (!(await hasRoom(ctx, organization))) handshakeViolated('ACCOUNT_NUMBER_LIMIT_EXCEEDED');
    await requireFewToday(ctx, organization);
    const handshake: Handshake = {
      ...newHandshake(ctx, organization, OPEN_DAYS),
      action: 'INVITE',
      state: 'OPEN',
      account: account.id,
      ...(Target.Type === 'EMAIL' && { email: Target.Id ?? '' }),
      ...(Notes !== undefined && { notes: Notes }),
      tags,
    };
    await addHandshake(ctx, handshake);
    return { Handshake: await viewOf(ctx, organization, handshake) };
  },
});

export const newHandshake = (ctx: Context, organization: Organization, days: number) => ({
  organization: organization.id,
  id: `h-${lowerId(32, ctx)}`,
  requested: ctx.now.toISOString(),
  expires: new Date(ctx.now.getTime() + days * DAY).toISOString(),
});

async function invited(ctx: Context, type: string | undefined, id: string): Promise<Account> {
  if (type === 'ACCOUNT') return (await ctx.store.get(accounts, [id])) ?? invalid('INVALID_PATTERN_TARGET_ID');
  if (type !== 'EMAIL') return invalid('INVALID_PARTY_TYPE_TARGET');
  const { rows } = await ctx.store.list(accounts, [id.toLowerCase()], { limit: 1, index: 'email' });
  return rows[0] ?? invalid('INVALID_EMAIL_ADDRESS_TARGET');
}

async function requireNoOther(ctx: Context, organization: Organization, account: string): Promise<void> {
  const { rows } = await ctx.store.list(handshakes, [organization.id, account], { limit: 100, index: 'sent' });
  if (rows.every((sent) => stateOf(sent, ctx.now) === 'EXPIRED')) return;
  fail(DuplicateHandshakeException, 'A handshake with the same action and target already exists.');
}

/**
 * Invitations of the last 24 hours that were not accepted: twenty, or as many as the organization may have accounts.
 */
async function requireFewToday(ctx: Context, { id }: Organization): Promise<void> {
  const max = Math.max(INVITATIONS_MAX, quota(ctx, 'OrganizationAccountsQuota', ACCOUNTS_MAX));
  const since = new Date(ctx.now.getTime() - DAY).toISOString();
  let sent = 0;
  for (const day of [since.slice(0, 10), ctx.now.toISOString().slice(0, 10)]) {
    const { rows } = await ctx.store.list(handshakes, [id], { limit: 1000, index: 'requested', startsWith: day });
    sent += rows.filter((h) => h.action === 'INVITE' && h.state !== 'ACCEPTED' && h.requested > since).length;
  }
  if (sent >= max) handshakeViolated('HANDSHAKE_RATE_LIMIT_EXCEEDED');
}

/** The caller's account becomes a member. From another organization it departs first, by the rules of departing. */
export async function join(ctx: Context, organization: Organization, { tags = [] }: Handshake): Promise<void> {
  const before = await ctx.store.get(accounts, [ctx.account]);
  if (!before) return;
  const other = before.organization && (await ctx.store.get(organizations, [before.organization]));
  if (other && (other.management === ctx.account || other.id === organization.id)) {
    handshakeViolated('ALREADY_IN_AN_ORGANIZATION');
  }
  if (other) await depart(ctx, other, ctx.account, 'LEFT');
  const root = await rootOf(ctx, organization);
  const joined = ctx.now.toISOString();
  const member = {
    ...before,
    organization: organization.id,
    parent: organization.root,
    joined,
    joinedMethod: 'INVITED',
    attachments: root ? firstAttachments(root) : {},
  } as const;
  await keepingValidAt(ctx, organization, ctx.account, () => ctx.store.replace(accounts, member));
  await putTags(ctx, organization, ctx.account, tags);
  if (organization.featureSet === 'ALL') await addServiceLinkedRole(ctx, ctx.account);
  ctx.audit.serviceEvents = [
    ...(ctx.audit.serviceEvents ?? []),
    joinedEvent(organization, ctx.account, 'INVITED', joined),
  ];
}
