/** People on their way: the password was right, a second factor is still to come. */
import type { Context } from '../core/context.ts';
import { byExpiry } from '../core/expiring.ts';
import { personPasswords } from '../identity/personCredentials.ts';
import { digestOf } from '../identity/portalSessions.ts';
import { table } from '../store/store.ts';

export interface Step {
  /** Digest of the cookie. */
  readonly token: string;
  readonly stage: 'prove' | 'enrol' | 'email';
  readonly identityStore: string;
  readonly user: string;
  /** Page of ours to go to afterwards. */
  readonly next: string;
  readonly workflow: string;
  /** Of the device that is being added; sealed. */
  readonly seed?: string;
  /** That was mailed; sealed. */
  readonly code?: string | undefined;
  /** Milliseconds. */
  readonly expires: number;
}

export const steps = table<Step>('signin_step', {
  key: (row) => [row.token],
  indexes: { expires: byExpiry },
});

export const STEP_MS = 10 * 60_000;

/** None any more, once the password that it began with is another one. */
export async function stepOf(ctx: Context, token: string): Promise<Step | undefined> {
  const step = await ctx.store.get(steps, [digestOf(token)]);
  if (!step || step.expires <= ctx.now.getTime()) return undefined;
  const password = await ctx.store.get(personPasswords, [step.identityStore, step.user]);
  return password && Date.parse(password.changed) <= step.expires - STEP_MS ? step : undefined;
}
