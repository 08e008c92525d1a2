/** Who is signed in to an account, or on the way: behind a cookie of which the store knows the digest. */
import type { Caller, Context, Session } from '../core/context.ts';
import { byExpiry } from '../core/expiring.ts';
import { accounts, isClosed } from '../identity/organization.ts';
import { loginProfiles } from '../identity/passwords.ts';
import { digestOf } from '../identity/portalSessions.ts';
import { users } from '../identity/principals.ts';
import { callerOf } from '../identity/sessions.ts';
import { table } from '../store/store.ts';
import type { Holder } from './consoleUsers.ts';

export interface ConsoleSession {
  /** Digest of the cookie. */
  readonly token: string;
  readonly stage: 'code' | 'password' | 'in';
  readonly holder: Holder;
  readonly mfa: boolean;
  /** Serial number of the device that it was proved with. */
  readonly device?: string | undefined;
  /** `ASIA…`, by which the records of a session are told from others. */
  readonly accessKeyId?: string;
  /** What a session of a role or of a federated user is let in with. */
  readonly standing?: Standing | undefined;
  /** Milliseconds: when it began; of who is in, with all factors. */
  readonly since?: number | undefined;
  /** Milliseconds. */
  readonly expires: number;
}

/** A session but for its credentials. */
export type Standing = Omit<Session, 'accessKeyId' | 'secretAccessKey' | 'expires'>;

export const consoleSessions = table<ConsoleSession>('signin_console', {
  key: (row) => [row.token],
  indexes: { expires: byExpiry },
});

/**
 * The session of a cookie at this stage, if its holder is still there. Another password ends what root does, and what
 * an IAM user has begun.
 */
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
  if (role) return session;
  const onPassword = name === undefined || stage === 'code';
  if (onPassword && !(await hasSamePassword(ctx, session))) return undefined;
  if (name === undefined) return session;
  const user = await ctx.store.get(users, [account, name.toLowerCase()]);
  return user?.id === id ? session : undefined;
}

async function hasSamePassword({ store }: Context, { holder, since = 0 }: ConsoleSession): Promise<boolean> {
  const profile = await store.get(loginProfiles, [holder.account, holder.id]);
  return profile !== undefined && Date.parse(profile.changed) <= since;
}

/** What credentials of a session would stand on. Only of who is in. */
export function standingOf({ holder, mfa, standing, since = 0 }: ConsoleSession): Standing {
  if (standing) return standing;
  const { account, id, arn, name } = holder;
  return {
    ...{ kind: 'SessionToken', account, issued: since, name: name ?? '', principalId: id, principalArn: arn, mfa },
    ...(name !== undefined && { principalName: name }),
    ...(mfa && { mfaTime: since }),
  };
}

/**
 * The holder as a caller of operations: with temporary credentials, as it were, that know of the second factor. Nobody
 * has them.
 */
export function callerIn(session: ConsoleSession): Caller {
  const { accessKeyId = '', expires } = session;
  return callerOf({ ...standingOf(session), accessKeyId, secretAccessKey: '', expires, console: true });
}
