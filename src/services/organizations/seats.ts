/**
 * Who may call what. Most operations are for the management account; those that read are also for delegated
 * administrators of any service; those on policies for the accounts that the organization's delegation policy names;
 * a few for every member. Whoever has no seat at all learns nothing but that.
 *
 * `operation` turns that into an ordinary operation: it finds the caller's seat, then the thing the call is about, and
 * asks the policy engine in the way the seat demands: a delegation policy is a resource-based policy of the management
 * account, so it and the caller's own policies must both allow.
 */
import type { Context } from '../../core/context.ts';
import { type Access, Missing, type Operation } from '../../core/operation.ts';
import { accounts, isDelegatedAdministrator, type Organization, organizations } from '../../identity/organization.ts';
import { accessDenied, notInUse } from './refusals.ts';
import { delegates, resourcePolicies } from './resourcePolicyRows.ts';

export interface Seat {
  readonly organization: Organization;
  readonly as: 'management' | 'administrator' | 'delegate' | 'member';
  /** Text of the delegation policy, for a delegate. */
  readonly policy?: string;
}

/** `readers`: management, delegated administrators, delegates. `delegates`: management and delegates. */
export type Who = 'management' | 'readers' | 'delegates' | 'members';

interface Description<In, Out, Found> {
  readonly who: Who | ((input: In, ctx: Context) => Who);
  /** What the call is about. A Missing is raised after authorization. */
  readonly find?: (input: In, ctx: Context, seat: Seat) => Promise<Found | Missing>;
  /** Default: `*`. */
  readonly access?: (input: In, seat: Seat, found: Found) => Access | readonly Access[];
  readonly run: (input: In, ctx: Context, seat: Seat, found: Found) => Promise<Out>;
}

interface Call<Found> {
  readonly seat: Seat;
  readonly found: Found | Missing;
}

export function operation<In, Out, Found = void>(
  described: Description<In, Out, Found>,
): Operation<In, Out, Call<Found>> {
  return {
    async load(input, ctx) {
      const who = typeof described.who === 'string' ? described.who : described.who(input, ctx);
      const seat = await seatOf(ctx, who);
      if (seat instanceof Missing) return seat;
      return { seat, found: (await described.find?.(input, ctx, seat)) as Found | Missing };
    },
    access(input, ctx, { seat, found }) {
      const asked = found instanceof Missing ? { resource: found.resource } : described.access?.(input, seat, found);
      return [asked ?? { resource: '*' }].flat().map((access) => seated(access, ctx, seat));
    },
    run(input, ctx, { seat, found }) {
      if (found instanceof Missing) throw found.error;
      return described.run(input, ctx, seat, found);
    },
  };
}

/** The caller's seat, or AWS's refusal: no organization, or not for this account. */
export async function seatOf(ctx: Context, who: Who): Promise<Seat | Missing> {
  const account = await ctx.store.get(accounts, [ctx.account]);
  const id = account?.organization;
  const organization = id === undefined ? undefined : await ctx.store.get(organizations, [id]);
  if (!organization) return new Missing('*', notInUse());
  if (organization.management === ctx.account) return { organization, as: 'management' };
  if (who === 'members') return { organization, as: 'member' };
  if (who === 'readers' && (await isDelegatedAdministrator(ctx.store, organization.id, ctx.account))) {
    return { organization, as: 'administrator' };
  }
  const policy = who === 'management' ? undefined : await ctx.store.get(resourcePolicies, [organization.id]);
  if (policy && delegates(policy, ctx.account)) return { organization, as: 'delegate', policy: policy.content };
  return new Missing('*', accessDenied());
}

function seated(access: Access, ctx: Context, seat: Seat): Access {
  if (seat.as === 'management') return access;
  if (seat.as === 'delegate') {
    return { ...access, resourceAccount: seat.organization.management, resourcePolicy: seat.policy };
  }
  return { ...access, resourceAccount: ctx.account };
}
