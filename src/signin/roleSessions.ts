/** Console sessions of roles and of federated users: whoever has their credentials is let in without a password. */
import type { Context, Session } from '../core/context.ts';
import { digestOf, newToken } from '../identity/portalSessions.ts';
import { callerOf } from '../identity/sessions.ts';
import { recordConsole } from './consoleRecords.ts';
import { type ConsoleSession, consoleSessions, forgetOldConsoleSessions, type Standing } from './consoleSessions.ts';

export type RoleEntry = Pick<ConsoleSession, 'holder' | 'mfa'> & { readonly standing: Standing };

export function entryWith(session: Session): RoleEntry {
  const { accessKeyId: _id, secretAccessKey: _secret, expires: _expires, ...standing } = session;
  const { account, arn, userId } = callerOf(session);
  const holder = { account, id: userId, arn, name: session.name, role: true as const };
  return { holder, standing, mfa: session.mfa === true };
}

/** The token of the cookie. `until`: milliseconds. */
export async function letIn(ctx: Context, { holder, standing, mfa }: RoleEntry, until: number): Promise<string> {
  const token = newToken(ctx);
  await forgetOldConsoleSessions(ctx);
  await ctx.store.insert(consoleSessions, {
    ...{ token: digestOf(token), stage: 'in' as const, holder, standing, mfa },
    since: ctx.now.getTime(),
    expires: until,
  });
  recordConsole(ctx, holder.account, holder, { root: false, outcome: 'Success', mfa: undefined });
  return token;
}
