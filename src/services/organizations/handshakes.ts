/**
 * Handshakes: what one account proposes to another. An invitation is open for the invited account until it accepts,
 * declines, or fifteen days have passed. Enabling all features is requested of every invited member, opens for the
 * management account once all have approved, and is done when that account accepts it (allFeatures.ts).
 */
import {
  type AcceptHandshakeRequest,
  type AcceptHandshakeResponse,
  type CancelHandshakeRequest,
  type CancelHandshakeResponse,
  type DeclineHandshakeRequest,
  type DeclineHandshakeResponse,
  type DescribeHandshakeRequest,
  type DescribeHandshakeResponse,
  HandshakeAlreadyInStateException,
  type HandshakeFilter,
  HandshakeNotFoundException,
  InvalidHandshakeTransitionException,
  type ListHandshakesForAccountRequest,
  type ListHandshakesForAccountResponse,
  type ListHandshakesForOrganizationRequest,
  type ListHandshakesForOrganizationResponse,
} from '@aws-sdk/client-organizations';
import type { Context } from '../../core/context.ts';
import { awsError, fail } from '../../core/errors.ts';
import { type Access, Missing, type Operation, type Present } from '../../core/operation.ts';
import { accounts, type Organization, organizations } from '../../identity/organization.ts';
import { everyRow } from '../../store/everyRow.ts';
import { approve, finalize } from './allFeatures.ts';
import { handshakeArn } from './arns.ts';
import { type Handshake, type HandshakeStateName, handshakes, isListed, stateOf } from './handshakeRows.ts';
import { viewOf } from './handshakeViews.ts';
import { join } from './invitations.ts';
import { rowsPage } from './pages.ts';
import { invalid } from './refusals.ts';
import { serviceLinkedRoleAccess } from './roles.ts';
import { operation, seatOf } from './seats.ts';

interface Offer {
  readonly handshake: Handshake;
  readonly organization: Organization;
  /** The caller's account is a member of another organization, which accepting an invitation would make it leave. */
  readonly leaves: boolean;
  /** Text of the delegation policy, when it is by that alone that the caller may see it. */
  readonly policy?: string | undefined;
}

const LEAVE = 'organizations:LeaveOrganization';

/** Who may answer: the account it was sent to; for the organization's own handshake its management account. */
const isRecipient = ({ handshake, organization }: Offer, account: string) =>
  (handshake.account ?? organization.management) === account;

const isSender = ({ organization }: Offer, account: string) => organization.management === account;

export const AcceptHandshake: Operation<Present<AcceptHandshakeRequest>, AcceptHandshakeResponse, Offer> = {
  load: (input, ctx) => findOffer(ctx, input.HandshakeId, isRecipient),
  access(_input, ctx, offer) {
    const { handshake, organization } = offer;
    const joins = handshake.action === 'INVITE' && organization.featureSet === 'ALL';
    const needsRole = joins || handshake.action === 'APPROVE_ALL_FEATURES';
    return [
      offerAccess(ctx, offer),
      ...(needsRole ? [serviceLinkedRoleAccess(ctx.account)] : []),
      ...(handshake.action === 'INVITE' && offer.leaves ? [{ action: LEAVE, resource: '*' }] : []),
    ];
  },
  async run(_input, ctx, { handshake, organization }) {
    requireOpen(handshake, 'ACCEPTED', ctx);
    if (handshake.action === 'INVITE') await join(ctx, organization, handshake);
    if (handshake.action === 'ENABLE_ALL_FEATURES') await finalize(ctx, organization);
    const ended = await end(ctx, handshake, 'ACCEPTED');
    if (handshake.action === 'APPROVE_ALL_FEATURES') await approve(ctx, organization, handshake);
    return { Handshake: await viewOf(ctx, organization, ended) };
  },
};

export const DeclineHandshake: Operation<Present<DeclineHandshakeRequest>, DeclineHandshakeResponse, Offer> = {
  load: (input, ctx) => findOffer(ctx, input.HandshakeId, isRecipient),
  access: (_input, ctx, offer) => offerAccess(ctx, offer),
  async run(_input, ctx, { handshake, organization }) {
    requireOpen(handshake, 'DECLINED', ctx);
    return { Handshake: await viewOf(ctx, organization, await end(ctx, handshake, 'DECLINED')) };
  },
};

export const CancelHandshake: Operation<Present<CancelHandshakeRequest>, CancelHandshakeResponse, Offer> = {
  load: (input, ctx) => findOffer(ctx, input.HandshakeId, isSender),
  access: (_input, ctx, offer) => offerAccess(ctx, offer),
  async run(_input, ctx, { handshake, organization }) {
    requireOpen(handshake, 'CANCELED', ctx);
    const ended = await end(ctx, handshake, 'CANCELED');
    await cancelApprovals(ctx, handshake);
    return { Handshake: await viewOf(ctx, organization, ended) };
  },
};

export const DescribeHandshake: Operation<Present<DescribeHandshakeRequest>, DescribeHandshakeResponse, Offer> = {
  async load(input, ctx) {
    const seat = await seatOf(ctx, 'readers');
    const home = seat instanceof Missing ? undefined : seat.organization.id;
    const concerns = (offer: Offer, account: string) => isRecipient(offer, account) || offer.organization.id === home;
    const offer = await findOffer(ctx, input.HandshakeId, concerns);
    if (offer instanceof Missing || seat instanceof Missing || isRecipient(offer, ctx.account)) return offer;
    return { ...offer, policy: seat.policy };
  },
  access: (_input, ctx, offer) => offerAccess(ctx, offer),
  run: async (_input, ctx, offer) => ({ Handshake: await viewOf(ctx, offer.organization, offer.handshake) }),
};

export const ListHandshakesForAccount: Operation<ListHandshakesForAccountRequest, ListHandshakesForAccountResponse> = {
  access: () => ({ resource: '*' }),
  async run(input, ctx) {
    const { rows, page } = await rowsPage(ctx, handshakes, [ctx.account], input, { index: 'account' });
    return { Handshakes: await viewsOf(ctx, rows, input.Filter), ...page };
  },
};

export const ListHandshakesForOrganization = operation<
  ListHandshakesForOrganizationRequest,
  ListHandshakesForOrganizationResponse
>({
  who: 'readers',
  async run(input, ctx, { organization }) {
    const { rows, page } = await rowsPage(ctx, handshakes, [organization.id], input);
    return { Handshakes: await viewsOf(ctx, rows, input.Filter), ...page };
  },
});

async function findOffer(ctx: Context, id: string, concerns: (offer: Offer, account: string) => boolean) {
  const [handshake] = (await ctx.store.list(handshakes, [id], { limit: 1, index: 'id' })).rows;
  const organization = handshake && (await ctx.store.get(organizations, [handshake.organization]));
  const home = (await ctx.store.get(accounts, [ctx.account]))?.organization;
  const offer = organization && { handshake, organization, leaves: home !== undefined && home !== organization.id };
  if (offer && isListed(handshake, ctx.now) && concerns(offer, ctx.account)) return offer;
  return new Missing('*', awsError(HandshakeNotFoundException, "You specified a handshake that doesn't exist."));
}

/** Both parties act on a handshake by their own permissions. */
const offerAccess = (ctx: Context, { handshake, organization, policy }: Offer): Access => ({
  resource: handshakeArn(organization, handshake.action, handshake.id),
  resourceAccount: policy === undefined ? ctx.account : organization.management,
  resourcePolicy: policy,
});

function requireOpen(handshake: Handshake, wanted: HandshakeStateName, ctx: Context): void {
  const state = stateOf(handshake, ctx.now);
  if (state === wanted) {
    fail(HandshakeAlreadyInStateException, 'The specified handshake is already in the requested state.');
  }
  const waits = state === 'REQUESTED' && wanted !== 'ACCEPTED';
  if (state !== 'OPEN' && !waits) {
    fail(
      InvalidHandshakeTransitionException,
      "You can't perform the operation on the handshake in its current state. For example, you can't cancel a " +
        'handshake that was already accepted or accept a handshake that was already declined.',
    );
  }
}

async function end(ctx: Context, handshake: Handshake, state: HandshakeStateName): Promise<Handshake> {
  const ended: Handshake = { ...handshake, state, ended: ctx.now.toISOString() };
  await ctx.store.replace(handshakes, ended);
  return ended;
}

async function cancelApprovals(ctx: Context, { id }: Handshake): Promise<void> {
  for await (const approval of everyRow(ctx.store, handshakes, [id], 'parent')) {
    if (!approval.ended) await end(ctx, approval, 'CANCELED');
  }
}

async function viewsOf(ctx: Context, rows: readonly Handshake[], filter: HandshakeFilter | undefined) {
  if (filter?.ActionType !== undefined && filter.ParentHandshakeId !== undefined) invalid('MAX_LIMIT_EXCEEDED_FILTER');
  const views = [];
  for (const row of rows) {
    const fits =
      (filter?.ActionType === undefined || filter.ActionType === row.action) &&
      (filter?.ParentHandshakeId === undefined || filter.ParentHandshakeId === row.parent);
    const organization = fits && isListed(row, ctx.now) && (await ctx.store.get(organizations, [row.organization]));
    if (organization) views.push(await viewOf(ctx, organization, row));
  }
  return views;
}
