/**
 * How the root user of an account and its IAM users sign in: password, then one of their devices. Accounts,
 * names and addresses that are not there wait as long and read the same as wrong passwords.
 */
import type { Caller, Context } from '../core/context.ts';
import { forgetExpired } from '../core/expiring.ts';
import type { FrontAround } from '../core/front.ts';
import { accessKeyId } from '../core/ids.ts';
import { attempt, noted, succeeded } from '../identity/attempts.ts';
import { acceptCode, DEVICES_PER_USER, type MfaDevice, mfaDevices } from '../identity/mfa.ts';
import { type Account, accounts, isClosed } from '../identity/organization.ts';
import { holderOf as handleOf } from '../identity/passkeys.ts';
import { passwordExpiry, passwordPolicies } from '../identity/passwordPolicies.ts';
import { checked, type LoginProfile, loginProfiles } from '../identity/passwords.ts';
import { digestOf, newToken } from '../identity/portalSessions.ts';
import { rootArn, userArn, users } from '../identity/principals.ts';
import { recordConsole, recordMfaCheck } from './consoleRecords.ts';
import { type ConsoleSession, consoleSessions, enter } from './consoleSessions.ts';
import type { Site } from './sites.ts';
import { proven } from './webauthn.ts';

/** The root user by its account's address, or an IAM user by account and name. */
export type Claimed = { readonly email: string } | { readonly account: string; readonly name: string };

/** Somebody who can sign in. */
export interface Holder {
  readonly account: string;
  /** `AIDA…`, or the account id for root. */
  readonly id: string;
  readonly arn: string;
  /** Absent for root. */
  readonly name?: string | undefined;
  /** A session of a role or of a federated user, let in by the federation endpoint. */
  readonly role?: true;
}

export type ConsoleOutcome =
  | { readonly kind: 'refused' | 'gone' }
  | { readonly kind: 'wait'; readonly waitMs: number }
  /** To be gone on with: a code, a new password, or in. */
  | { readonly kind: ConsoleSession['stage']; readonly token: string };

/** The alias of an account is no other account. */
const countedOf = (claimed: Claimed, account: Account | undefined): string[] =>
  'email' in claimed
    ? ['root', claimed.email.toLowerCase()]
    : ['iam', account?.id ?? claimed.account.toLowerCase(), claimed.name.toLowerCase()];

async function accountOf({ store }: Context, claimed: Claimed): Promise<Account | undefined> {
  if ('email' in claimed)
    return (await store.list(accounts, [claimed.email.toLowerCase()], { limit: 1, index: 'email' })).rows[0];
  if (/^\d{12}$/.test(claimed.account)) return store.get(accounts, [claimed.account]);
  return (await store.list(accounts, [claimed.account], { limit: 1, index: 'alias' })).rows[0];
}

/** Also of an account that is there, when the user is not: then it has a record. */
async function holderOf(ctx: Context, claimed: Claimed): Promise<{ account?: Account; holder?: Holder }> {
  const account = await accountOf(ctx, claimed);
  if (!account || isClosed(account, ctx.now)) return {};
  if ('email' in claimed) return { account, holder: { account: account.id, id: account.id, arn: rootArn(account.id) } };
  const user = await ctx.store.get(users, [account.id, claimed.name.toLowerCase()]);
  return {
    account,
    ...(user && { holder: { account: account.id, id: user.id, arn: userArn(user), name: user.name } }),
  };
}

export async function signInTo(around: FrontAround, claimed: Claimed, password: string): Promise<ConsoleOutcome> {
  const found = await around.within(async (ctx) => {
    const { account, holder } = await holderOf(ctx, claimed);
    const counted = countedOf(claimed, account);
    const waitMs = await attempt(ctx, ...counted);
    const profile = holder && (await ctx.store.get(loginProfiles, [holder.account, holder.id]));
    return { waitMs, counted, verifier: profile?.verifiers[0], now: ctx.now.getTime() };
  });
  if (found.waitMs > 0) return { kind: 'wait', waitMs: found.waitMs };
  const { counted, verifier } = found;
  const { right, better } = await checked(around, verifier, password, found.now);
  return around.within(async (ctx) => {
    const { account, holder } = await holderOf(ctx, claimed);
    const profile = holder && (await ctx.store.get(loginProfiles, [holder.account, holder.id]));
    const devices = holder ? await devicesOf(ctx, holder) : [];
    if (!right || !holder || !profile || profile.verifiers[0] !== verifier || (await isShutOut(ctx, profile))) {
      const mfa = devices[0]?.serial;
      if (account) recordConsole(ctx, account.id, holder, { root: 'email' in claimed, outcome: 'Failure', mfa });
      else await noted(ctx, ...counted);
      return { kind: 'refused' };
    }
    await succeeded(ctx, ...counted);
    if (better !== undefined) {
      await ctx.store.replace(loginProfiles, { ...profile, verifiers: [better, ...profile.verifiers.slice(1)] });
    }
    if (devices.length > 0) {
      recordMfaCheck(ctx, holder, devices);
      return onTheWay(ctx, holder, 'code', false);
    }
    return afterProof(ctx, holder, profile, undefined);
  });
}

/** The password is too old, and the account's policy lets nobody with such a one in. */
async function isShutOut(ctx: Context, profile: LoginProfile): Promise<boolean> {
  const policy = await ctx.store.get(passwordPolicies, [profile.account]);
  return policy?.hardExpiry === true && isExpired(ctx, policy, profile);
}

const isExpired = (ctx: Context, policy: Parameters<typeof passwordExpiry>[0], profile: LoginProfile): boolean =>
  profile.owner !== profile.account &&
  (passwordExpiry(policy, profile)?.getTime() ?? Number.POSITIVE_INFINITY) <= ctx.now.getTime();

export async function devicesOf({ store }: Context, { account, id }: Holder): Promise<readonly MfaDevice[]> {
  const { rows } = await store.list(mfaDevices, [account, id], { limit: DEVICES_PER_USER, index: 'owner' });
  return rows.filter(({ enabled }) => enabled !== undefined);
}

/** Of the root user, or of an IAM user: as the authenticators of its passkeys know it. */
export const passkeyHolder = ({ account, id }: Holder) => handleOf(account, id);

/** A code of a device that shows them, or the answer of a browser to a question about a passkey. */
export type DeviceProof = { readonly code: string } | { readonly credential: string; readonly site: Site | undefined };

export function proveDevice(around: FrontAround, token: string, proof: DeviceProof): Promise<ConsoleOutcome> {
  return around.within(async (ctx) => {
    const session = await enter(ctx, token, 'code');
    if (!session) return { kind: 'gone' };
    const { holder } = session;
    const counted = ['device', holder.account, holder.id];
    const waitMs = await attempt(ctx, ...counted);
    if (waitMs > 0) return { kind: 'wait', waitMs };
    const devices = await devicesOf(ctx, holder);
    const serial = await ('code' in proof
      ? acceptedBy(ctx, devices, proof.code)
      : answeredBy(ctx, token, holder, devices, proof));
    const profile = await ctx.store.get(loginProfiles, [holder.account, holder.id]);
    if (serial === undefined || !profile) {
      recordConsole(ctx, holder.account, holder, { root: isRoot(holder), outcome: 'Failure', mfa: devices[0]?.serial });
      return { kind: 'refused' };
    }
    await succeeded(ctx, ...counted);
    await ctx.store.remove(consoleSessions, [session.token]);
    return afterProof(ctx, holder, profile, serial);
  });
}

export const isRoot = ({ name }: Holder) => name === undefined;

async function acceptedBy(ctx: Context, devices: readonly MfaDevice[], code: string): Promise<string | undefined> {
  for (const device of devices) if (await acceptCode(ctx, device, code)) return device.serial;
  return undefined;
}

async function answeredBy(
  ctx: Context,
  cookie: string,
  holder: Holder,
  devices: readonly MfaDevice[],
  { credential, site }: Extract<DeviceProof, { readonly site: unknown }>,
): Promise<string | undefined> {
  const used = await proven(ctx, cookie, site, passkeyHolder(holder), credential);
  return used && devices.find(({ passkey }) => passkey === used.id)?.serial;
}

/** The holder as a caller of operations, for what belongs to signing in. */
const callerFor = ({ account, id, arn, name }: Holder): Caller => ({
  type: name === undefined ? 'Root' : 'User',
  account,
  arn,
  userId: id,
  ...(name !== undefined && { userName: name }),
});

/** All is proved; a password that must be changed comes before anything else. */
async function afterProof(
  ctx: Context,
  holder: Holder,
  profile: LoginProfile,
  mfa: string | undefined,
): Promise<ConsoleOutcome> {
  const policy = await ctx.store.get(passwordPolicies, [holder.account]);
  const renew = !isRoot(holder) && (profile.resetRequired || isExpired(ctx, policy, profile));
  if (renew) return onTheWay(ctx, holder, 'password', mfa !== undefined, mfa);
  return signedInTo(ctx, holder, mfa);
}

async function onTheWay(
  ctx: Context,
  holder: Holder,
  stage: ConsoleSession['stage'],
  mfa: boolean,
  device?: string,
): Promise<ConsoleOutcome> {
  const token = newToken(ctx);
  await forgetExpired(ctx, consoleSessions);
  const since = ctx.now.getTime();
  const expires = since + 10 * 60_000;
  await ctx.store.insert(consoleSessions, { token: digestOf(token), stage, holder, mfa, device, since, expires });
  return { kind: stage, token };
}

const SESSION_MS = 12 * 3_600_000;

async function signedInTo(ctx: Context, holder: Holder, device: string | undefined): Promise<ConsoleOutcome> {
  const token = newToken(ctx);
  const since = ctx.now.getTime();
  await forgetExpired(ctx, consoleSessions);
  await ctx.store.insert(consoleSessions, {
    ...{ token: digestOf(token), stage: 'in' as const, holder, mfa: device !== undefined, device, since },
    ...{ accessKeyId: accessKeyId('ASIA', holder.account, ctx), expires: since + SESSION_MS },
  });
  await noteUse(ctx, holder);
  recordConsole(ctx, holder.account, holder, { root: isRoot(holder), outcome: 'Success', mfa: device });
  return { kind: 'in', token };
}

/** Of uses that follow each other within so long, reports tell the first. */
const USE_MS = 5 * 60_000;

/** For the credential report, GetUser and ListUsers. */
async function noteUse({ store, now }: Context, { account, id, name }: Holder): Promise<void> {
  const used = now.toISOString();
  const isTold = (before: string | undefined) => before !== undefined && Date.parse(before) > now.getTime() - USE_MS;
  if (name === undefined) {
    const profile = await store.get(loginProfiles, [account, id]);
    if (profile && !isTold(profile.lastUsed)) await store.replace(loginProfiles, { ...profile, lastUsed: used });
    return;
  }
  const user = await store.get(users, [account, name.toLowerCase()]);
  if (user && !isTold(user.passwordLastUsed)) await store.replace(users, { ...user, passwordLastUsed: used });
}

/**
 * The password that must be changed: the user changes it as through IAM, with the permission that this needs. A text:
 * why it was refused.
 */
export async function renewPassword(
  around: FrontAround,
  token: string,
  old: string,
  password: string,
): Promise<ConsoleOutcome | string> {
  try {
    return await around.within(async (ctx) => {
      const session = await enter(ctx, token, 'password');
      if (!session) return { kind: 'gone' };
      const { holder, device } = session;
      const change = { OldPassword: old, NewPassword: password };
      await ctx.call('iam', 'ChangePassword', change, callerFor(holder));
      await ctx.store.remove(consoleSessions, [session.token]);
      return signedInTo(ctx, holder, device);
    });
  } catch (error) {
    if (error instanceof Error && REFUSALS.has(error.name)) return error.message;
    throw error;
  }
}

const REFUSALS = new Set([
  'AccessDenied',
  'Throttling',
  'PasswordPolicyViolationException',
  'PasswordPolicyViolation',
  'ValidationError',
  'NoSuchEntityException',
]);
