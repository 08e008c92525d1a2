/** A handshake as the parties see it. */
import type { HandshakeResource, Handshake as View } from '@aws-sdk/client-organizations';
import type { Context } from '../../core/context.ts';
import { accounts, type Organization } from '../../identity/organization.ts';
import { handshakeArn } from './arns.ts';
import { type Handshake, stateOf } from './handshakeRows.ts';

export async function viewOf(ctx: Context, organization: Organization, handshake: Handshake): Promise<View> {
  const { id, action, requested, expires } = handshake;
  const recipient = recipientOf(handshake);
  return {
    Id: id,
    Arn: handshakeArn(organization, action, id),
    Parties: [
      { Id: organization.id.slice(2), Type: 'ORGANIZATION' },
      ...(recipient ? [{ Id: recipient.Value, Type: recipient.Type }] : []),
    ],
    State: stateOf(handshake, ctx.now),
    RequestedTimestamp: new Date(requested),
    ExpirationTimestamp: new Date(expires),
    Action: action,
    Resources: await resourcesOf(ctx, organization, handshake),
  };
}

function recipientOf({ account, email }: Handshake) {
  if (email !== undefined) return { Value: email, Type: 'EMAIL' } as const;
  return account === undefined ? undefined : ({ Value: account, Type: 'ACCOUNT' } as const);
}

async function resourcesOf(
  ctx: Context,
  organization: Organization,
  handshake: Handshake,
): Promise<HandshakeResource[]> {
  const recipient = recipientOf(handshake);
  const named: HandshakeResource[] = recipient ? [{ ...recipient }] : [];
  const home: HandshakeResource = { Value: organization.id, Type: 'ORGANIZATION' };
  if (handshake.action === 'ENABLE_ALL_FEATURES') return [home];
  if (handshake.parent !== undefined) return [{ Value: handshake.parent, Type: 'PARENT_HANDSHAKE' }, home, ...named];
  const management = await ctx.store.get(accounts, [organization.management]);
  const details: HandshakeResource[] = [
    { Value: management?.email, Type: 'MASTER_EMAIL' },
    { Value: management?.name, Type: 'MASTER_NAME' },
    { Value: organization.featureSet, Type: 'ORGANIZATION_FEATURE_SET' },
  ];
  const notes: HandshakeResource[] = handshake.notes === undefined ? [] : [{ Value: handshake.notes, Type: 'NOTES' }];
  return [{ ...home, Resources: details }, ...named, ...notes];
}
