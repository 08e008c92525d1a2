/** Who is signed in to an account, or on the way: behind a cookie of which the store knows the digest. */
import type { Context } from '../core/context.ts';
import { accounts, isClosed } from '../identity/organization.ts';
import { digestOf } from '../identity/portalSessions.ts';
import { users } from '../identity/principals.ts';
import { table } from '../store/store.ts';
import type { Holder } from './consoleUsers.ts';

export interface ConsoleSession {
  /** Digest of the cookie. */
  readonly token: string;
  readonly stage: 'code' | 'password' | 'in';
  readonly holder: Holder;
  readonly mfa: boolean;
  /** Serial number of the device that the code was of. */
  readonly device?: string | undefined;
  /** Milliseconds. */
  readonly expires: number;
}

const moment = (milliseconds: number) => String(milliseconds).padStart(15, '0');

export const consoleSessions = table<ConsoleSession>('signin_console', {
  key: (row) => [row.token],
  indexes: { expires: (row) => [[moment(row.expires)]] },
});

/** The session of a cookie at this stage, if its holder is still there. */
export async function enter(
  ctx: Context,
  token: string,
  stage: ConsoleSession['stage'],
): Promise<ConsoleSession | undefined> {
  const session = await ctx.store.get(consoleSessions, [digestOf(token)]);
  if (session?.stage !== stage || session.expires <= ctx.now.getTime()) return undefined;
  const { account, id, name, role } = session.holder;
  const row = await ctx.store.get(accounts, [account]);
  if (!row || isClosed(row, ctx.now)) return undefined;
  if (name === undefined || role) return session;
  const user = await ctx.store.get(users, [account, name.toLowerCase()]);
  return user?.id === id ? session : undefined;
}

export async function forgetOldConsoleSessions({ store, now }: Context): Promise<void> {
  const { rows } = await store.list(consoleSessions, [], { limit: 3, index: 'expires', unchecked: true });
  for (const { token, expires } of rows) if (expires <= now.getTime()) await store.remove(consoleSessions, [token]);
}
