/**
 * What a browser has been asked and has not answered yet: a challenge for a passkey, or the seed of an application that
 * is being added. One at a time behind a cookie; a challenge is good for one answer, right or wrong.
 */
import type { Context } from '../core/context.ts';
import { byExpiry, forgetExpired } from '../core/expiring.ts';
import { digestOf } from '../identity/portalSessions.ts';
import { table } from '../store/store.ts';

interface Ceremony {
  /** Digest of the cookie. */
  readonly token: string;
  readonly kind: 'register' | 'prove' | 'seed';
  /** Base64url; of a seed: sealed. */
  readonly secret: string;
  /** Milliseconds. */
  readonly expires: number;
}

const ceremonies = table<Ceremony>('signin_ceremony', {
  key: (row) => [row.token],
  indexes: { expires: byExpiry },
});

/** As long as browsers give their users. */
export const PATIENCE_MS = 300_000;

/** Asks, and forgets what was asked before. */
export async function asked(ctx: Context, cookie: string, kind: Ceremony['kind'], secret: string): Promise<string> {
  await forgetExpired(ctx, ceremonies);
  const expires = ctx.now.getTime() + PATIENCE_MS;
  await ctx.store.replace(ceremonies, { token: digestOf(cookie), kind, secret, expires });
  return secret;
}

/** What was asked, if an answer still counts. */
export async function askedOf(ctx: Context, cookie: string, kind: Ceremony['kind']): Promise<string | undefined> {
  const row = await ctx.store.get(ceremonies, [digestOf(cookie)]);
  return row?.kind === kind && row.expires > ctx.now.getTime() ? row.secret : undefined;
}

/** The same, once. */
export async function taken(ctx: Context, cookie: string, kind: Ceremony['kind']): Promise<string | undefined> {
  const secret = await askedOf(ctx, cookie, kind);
  if (secret !== undefined) await ctx.store.remove(ceremonies, [digestOf(cookie)]);
  return secret;
}
