/** From consolidated billing to all features: every invited member approves, then the management account finishes. */
import type { EnableAllFeaturesResponse } from '@aws-sdk/client-organizations';
import type { Context } from '../../core/context.ts';
import { accounts, type Organization, organizations } from '../../identity/organization.ts';
import { everyRow } from '../../store/everyRow.ts';
import { addHandshake, type Handshake, handshakes, stateOf } from './handshakeRows.ts';
import { viewOf } from './handshakeViews.ts';
import { newHandshake } from './invitations.ts';
import { handshakeViolated } from './refusals.ts';
import { addServiceLinkedRole } from './roles.ts';
import { operation } from './seats.ts';

const OPEN_DAYS = 90;

export const EnableAllFeatures = operation<object, EnableAllFeaturesResponse>({
  who: 'management',
  async run(_input, ctx, { organization }) {
    if (organization.featureSet === 'ALL') handshakeViolated('ORGANIZATION_ALREADY_HAS_ALL_FEATURES');
    await requireNotBegun(ctx, organization);
    await cancelInvitations(ctx, organization);
    const begun = { ...newHandshake(ctx, organization, OPEN_DAYS), action: 'ENABLE_ALL_FEATURES' } as const;
    let asked = 0;
    for await (const { id, joinedMethod } of everyRow(ctx.store, accounts, [organization.id], 'organization')) {
      if (joinedMethod !== 'INVITED' || id === organization.management) continue;
      const approval = { ...newHandshake(ctx, organization, OPEN_DAYS), action: 'APPROVE_ALL_FEATURES' } as const;
      await addHandshake(ctx, { ...approval, state: 'OPEN', account: id, parent: begun.id });
      asked++;
    }
    const handshake: Handshake = { ...begun, state: asked === 0 ? 'OPEN' : 'REQUESTED' };
    await addHandshake(ctx, handshake);
    return { Handshake: await viewOf(ctx, organization, handshake) };
  },
});

/** One member has approved: when no approval is wanting, the management account can finish. */
export async function approve(ctx: Context, organization: Organization, { parent = '' }: Handshake): Promise<void> {
  await addServiceLinkedRole(ctx, ctx.account);
  const whole = await ctx.store.get(handshakes, [organization.id, parent]);
  if (whole?.state !== 'REQUESTED') return;
  for await (const approval of everyRow(ctx.store, handshakes, [parent], 'parent')) {
    const member = approval.account === undefined ? undefined : await ctx.store.get(accounts, [approval.account]);
    if (approval.state !== 'ACCEPTED' && member?.organization === organization.id) return;
  }
  await ctx.store.replace(handshakes, { ...whole, state: 'OPEN' });
}

export async function finalize(ctx: Context, organization: Organization): Promise<void> {
  await ctx.store.replace(organizations, { ...organization, featureSet: 'ALL' });
  for await (const { id } of everyRow(ctx.store, accounts, [organization.id], 'organization')) {
    await addServiceLinkedRole(ctx, id);
  }
}

async function requireNotBegun(ctx: Context, organization: Organization): Promise<void> {
  for await (const begun of everyRow(ctx.store, handshakes, [organization.id, 'ENABLE_ALL_FEATURES'], 'open')) {
    if (stateOf(begun, ctx.now) !== 'EXPIRED')
      handshakeViolated('ORGANIZATION_IS_ALREADY_PENDING_ALL_FEATURES_MIGRATION');
  }
}

async function cancelInvitations(ctx: Context, organization: Organization): Promise<void> {
  for await (const invitation of everyRow(ctx.store, handshakes, [organization.id, 'INVITE'], 'open')) {
    await ctx.store.replace(handshakes, { ...invitation, state: 'CANCELED', ended: ctx.now.toISOString() });
  }
}
