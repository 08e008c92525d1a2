/**
 * Command lines that somebody let in with `aws login`: a code that is used once, then a login whose credentials last a
 * quarter of an hour and are renewed for half a day, by whoever holds the key that the first proof was of. Whose the
 * session is, and since when, is fixed when the code is given out.
 */
import type { Caller, Context, Session } from '../core/context.ts';
import { byExpiry } from '../core/expiring.ts';
import { accessKeyId, secretAccessKey, uuid } from '../core/ids.ts';
import { accounts, isClosed } from '../identity/organization.ts';
import { loginProfiles } from '../identity/passwords.ts';
import { byName, roles, users } from '../identity/principals.ts';
import { callerOf, sealSession } from '../identity/sessions.ts';
import { table } from '../store/store.ts';
import { type ConsoleSession, type Standing, standingOf } from './consoleSessions.ts';

export interface Login {
  readonly id: string;
  readonly client: string;
  readonly redirectUri: string;
  /** Where it began. */
  readonly region: string;
  readonly standing: Standing;
  /** Which password it stands on: when it was chosen, and after how many; of a role none. */
  readonly password: string | undefined;
  /** Milliseconds: after which nothing is renewed. */
  readonly expires: number;
  /** Thumbprint of the client's key; none before the code is exchanged. */
  readonly thumbprint?: string;
  /** How often it was renewed: refresh tokens of other rounds are not taken. */
  readonly round: number;
  /** The last answer, sealed, and when it was given, in milliseconds. */
  readonly answer?: string;
  readonly answered?: number;
}

export const logins = table<Login>('signin_login', {
  key: (row) => [row.id],
  indexes: { expires: byExpiry },
});

export interface LoginCode {
  /** Digest of the code. */
  readonly code: string;
  readonly login: string;
  readonly challenge: string;
  readonly used: boolean;
  /** Milliseconds. */
  readonly expires: number;
}

export const loginCodes = table<LoginCode>('signin_login_code', {
  key: (row) => [row.code],
  indexes: { expires: byExpiry },
});

const HOURS_12_MS = 12 * 3_600_000;

/** A login of who is signed in to the console, on the way: nobody has proved a key yet. */
export async function newLogin(
  ctx: Context,
  session: ConsoleSession,
  asked: Pick<Login, 'client' | 'redirectUri' | 'region'>,
): Promise<Login> {
  const id = uuid(ctx);
  const standing = { ...standingOf(session), signInSessionArn: '' };
  return {
    ...{ id, client: asked.client, redirectUri: asked.redirectUri, region: asked.region, round: 0 },
    standing: { ...standing, signInSessionArn: `arn:aws:signin:${asked.region}:${standing.account}:session/${id}` },
    password: await passwordOf(ctx, standing),
    expires: Math.min(ctx.now.getTime() + HOURS_12_MS, session.expires),
  };
}

/** What changes with the password of a user or of root, and is gone with it; not when its verifier is renewed. */
async function passwordOf({ store }: Context, { kind, account, principalId }: Standing): Promise<string | undefined> {
  if (kind !== 'SessionToken') return undefined;
  const profile = await store.get(loginProfiles, [account, principalId]);
  return profile && `${profile.changed} ${profile.verifiers.length}`;
}

/** Whether the holder is still there, and still who signed in. */
export async function isStanding(ctx: Context, { standing, password }: Login): Promise<boolean> {
  const { kind, account, principalId, principalName } = standing;
  const row = await ctx.store.get(accounts, [account]);
  if (!row || isClosed(row, ctx.now)) return false;
  if (principalName !== undefined) {
    const at = byName(account, principalName);
    const principal = await (kind === 'AssumedRole' ? ctx.store.get(roles, at) : ctx.store.get(users, at));
    if (principal?.id !== principalId) return false;
  }
  return kind !== 'SessionToken' || (password !== undefined && password === (await passwordOf(ctx, standing)));
}

const CREDENTIALS_MS = 15 * 60_000;

/** Credentials for a quarter of an hour, or for what is left. */
export function sessionOf(ctx: Context, { standing, expires }: Login): Session {
  return {
    ...standing,
    accessKeyId: accessKeyId('ASIA', standing.account, ctx),
    secretAccessKey: secretAccessKey(ctx),
    expires: Math.min(ctx.now.getTime() + CREDENTIALS_MS, expires),
  };
}

export const sealed = (ctx: Context, session: Session): string => sealSession(ctx.secrets, session, ctx.random(12));

/** Who acts in a login, without credentials. */
export function holderOf({ standing, expires }: Pick<Login, 'standing' | 'expires'>): Caller {
  const { accessKeyId: _none, ...caller } = callerOf({ ...standing, expires, accessKeyId: '', secretAccessKey: '' });
  return caller;
}
