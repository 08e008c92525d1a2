/** The rows of handshakes: an offer from one account to another, which it may take up until it expires. */
import type { Context } from '../../core/context.ts';
import type { Tag } from '../../core/operation.ts';
import type { Organization } from '../../identity/organization.ts';
import { table } from '../../store/store.ts';

export interface Handshake {
  readonly organization: string;
  /** `h-…` */
  readonly id: string;
  readonly action: 'INVITE' | 'ENABLE_ALL_FEATURES' | 'APPROVE_ALL_FEATURES';
  /** As last written. An open one past `expires` has expired: see `stateOf`. */
  readonly state: HandshakeStateName;
  readonly requested: string;
  readonly expires: string;
  /** When it was accepted, declined or canceled. */
  readonly ended?: string;
  /** The account it was sent to. Absent for ENABLE_ALL_FEATURES, which is the organization's own. */
  readonly account?: string;
  /** The address it was sent to, when that was how the account was named. */
  readonly email?: string;
  readonly notes?: string;
  /** Tags for the account once it has joined. */
  readonly tags?: readonly Tag[];
  /** The ENABLE_ALL_FEATURES handshake of an approval. */
  readonly parent?: string;
}

export type HandshakeStateName = 'REQUESTED' | 'OPEN' | 'CANCELED' | 'ACCEPTED' | 'DECLINED' | 'EXPIRED';

/**
 * Index `account`: [account it was sent to]. `open`: [organization, action], of those not ended. `id`: [id].
 * `sent`: [organization, account], of invitations not ended. `parent`: [parent]. `requested`: [organization, when].
 */
export const handshakes = table<Handshake>('org_handshake', {
  key: (h) => [h.organization, h.id],
  indexes: {
    id: (h) => [[h.id]],
    account: (h) => (h.account ? [[h.account]] : []),
    open: (h) => (h.ended ? [] : [[h.organization, h.action]]),
    sent: (h) => (h.ended || h.action !== 'INVITE' || !h.account ? [] : [[h.organization, h.account]]),
    parent: (h) => (h.parent ? [[h.parent]] : []),
    requested: (h) => [[h.organization, h.requested]],
  },
});

/** The state at this moment. */
export const stateOf = (handshake: Handshake, now: Date): HandshakeStateName =>
  !handshake.ended && now >= new Date(handshake.expires) ? 'EXPIRED' : handshake.state;

const KEPT_MILLISECONDS = 30 * 86_400_000;

/** What is over is shown for thirty days more. */
export function isListed(handshake: Handshake, now: Date): boolean {
  const over = handshake.ended ?? (stateOf(handshake, now) === 'EXPIRED' ? handshake.expires : undefined);
  return over === undefined || now.getTime() - Date.parse(over) < KEPT_MILLISECONDS;
}

/** Adds a handshake, and forgets the oldest that are no longer shown. */
export async function addHandshake(ctx: Context, handshake: Handshake): Promise<void> {
  const oldest = { limit: 20, index: 'requested' };
  const { rows } = await ctx.store.list(handshakes, [handshake.organization], oldest);
  for (const old of rows) if (!isListed(old, ctx.now)) await ctx.store.remove(handshakes, [old.organization, old.id]);
  await ctx.store.insert(handshakes, handshake);
}

/** Invitations that may still be accepted: each holds a place in the organization. */
export async function openInvitations(ctx: Context, organization: Organization): Promise<number> {
  const { rows } = await ctx.store.list(handshakes, [organization.id, 'INVITE'], { limit: 1000, index: 'open' });
  return rows.filter((handshake) => stateOf(handshake, ctx.now) !== 'EXPIRED').length;
}
