/** Console sessions of roles and of federated users: whoever has their credentials is let in without a password. */
import type { Context, Session } from '../core/context.ts';
import { forgetExpired } from '../core/expiring.ts';
import { pagesAt } from '../core/pagesAddress.ts';
import { digestOf, newToken } from '../identity/portalSessions.ts';
import { callerOf } from '../identity/sessions.ts';
import { recordEntry } from './consoleRecords.ts';
import { type ConsoleSession, consoleSessions, type Standing } from './consoleSessions.ts';

export type RoleEntry = Pick<ConsoleSession, 'holder' | 'mfa' | 'accessKeyId'> & { readonly standing: Standing };

export function entryWith(session: Session): RoleEntry {
  const { accessKeyId, secretAccessKey: _secret, expires: _expires, ...standing } = session;
  const { account, arn, userId } = callerOf(session);
  const holder = { account, id: userId, arn, name: session.name, role: true as const };
  return { holder, standing, mfa: session.mfa === true, accessKeyId };
}

/** The token of the cookie. `until`: milliseconds. */
export async function letIn(ctx: Context, entry: RoleEntry, until: number): Promise<string> {
  const token = newToken(ctx);
  const { holder, standing, mfa, accessKeyId } = entry;
  const session: ConsoleSession = {
    ...{ token: digestOf(token), stage: 'in', holder, standing, mfa },
    ...(accessKeyId !== undefined && { accessKeyId }),
    ...{ since: ctx.now.getTime(), expires: until },
  };
  await forgetExpired(ctx, consoleSessions);
  await ctx.store.insert(consoleSessions, session);
  recordEntry(ctx, session);
  return token;
}

const CONSOLE = /^([\w-]+\.)*console\.aws\.amazon\.com$/;

/**
 * Where somebody goes who was let in: a page of ours, or home, which tells of a page of AWS's console that we do not
 * have. Undefined: it is neither.
 */
export function placeOf(destination: string, at: { readonly endpoint: string }): string | undefined {
  const url = URL.parse(destination);
  if (!url) return undefined;
  // Two slashes would lead to another host.
  if ([at.endpoint, pagesAt(at)].includes(url.origin)) return url.pathname.replace(/^\/+/, '/') + url.search;
  return url.protocol === 'https:' && CONSOLE.test(url.host)
    ? `/signin/home?${new URLSearchParams({ destination })}`
    : undefined;
}
