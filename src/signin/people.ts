/**
 * How somebody of a directory signs in: name and password, then a code. Whoever gives a name that is not there, is
 * disabled, or has no password waits as long and reads the same as whoever mistypes a password.
 */
import type { Context } from '../core/context.ts';
import type { FrontAround } from '../core/front.ts';
import { uuid } from '../core/ids.ts';
import { type DirectoryUser, directoryUsers, userBy } from '../identity/directory.ts';
import { type Instance, instanceOfStore, instances } from '../identity/instances.ts';
import { isPassword, verifierOf } from '../identity/passwords.ts';
import { devicesOf, personDevices, personPasswords } from '../identity/personCredentials.ts';
import { digestOf, newToken, portalSessions } from '../identity/portalSessions.ts';
import { attempt, succeeded } from './attempts.ts';
import { enrolled, isCodeOf, newSeed } from './codes.ts';
import { recordPerson } from './records.ts';
import { forgetOldSteps, STEP_MS, type Step, stepOf, steps } from './steps.ts';

const SESSION_MS = 8 * 3_600_000;

/** What becomes of an attempt. */
export type Outcome =
  | { readonly kind: 'refused' | 'gone' }
  | { readonly kind: 'wait'; readonly waitMs: number }
  | { readonly kind: 'step'; readonly token: string }
  | { readonly kind: 'signed in'; readonly token: string; readonly next: string };

/** The instance whose portal it is: of the store, or that of the management account. */
export async function instanceAt(ctx: Context, identityStore: string | undefined): Promise<Instance | undefined> {
  if (identityStore !== undefined) return instanceOfStore(ctx.store, identityStore);
  const { managementAccount } = ctx.settings;
  return (await ctx.store.list(instances, [managementAccount], { limit: 1, index: 'account' })).rows[0];
}

interface Given {
  readonly identityStore: string;
  readonly name: string;
  readonly password: string;
  readonly next: string;
}

export async function signIn(around: FrontAround, given: Given): Promise<Outcome> {
  const { identityStore, name, password } = given;
  const counted = ['person', identityStore, name.toLowerCase()];
  const found = await around.within(async (ctx) => {
    const waitMs = await attempt(ctx, ...counted);
    const user = await userBy(ctx.store, identityStore, 'name', name);
    const known = user && (await ctx.store.get(personPasswords, [identityStore, user.id]));
    return { waitMs, user, verifier: known?.verifiers[0] };
  });
  if (found.waitMs > 0) return { kind: 'wait', waitMs: found.waitMs };
  const right = await isRight(around, found.verifier, password);
  return around.within(async (ctx) => {
    const instance = await instanceOfStore(ctx.store, identityStore);
    if (!instance) return { kind: 'refused' };
    const user = found.user && (await ctx.store.get(directoryUsers, [identityStore, found.user.id]));
    const workflow = uuid(ctx);
    const told = { instance, user, workflow, credentials: 'PASSWORD' };
    recordPerson(ctx, 'CredentialChallenge', told);
    const admitted = right && user?.status === 'ENABLED' && (await isInForce(ctx, user, found.verifier));
    recordPerson(ctx, 'CredentialVerification', { ...told, outcome: admitted ? 'Success' : 'Failure' });
    if (!admitted) return { kind: 'refused' };
    await succeeded(ctx, ...counted);
    return afterPassword(ctx, instance, user, { next: given.next, workflow });
  });
}

/** Off the event loop; a verifier that is not there costs as much as one that is. */
async function isRight({ secrets, random }: FrontAround, verifier: string | undefined, password: string) {
  if (verifier !== undefined) return isPassword({ secrets }, verifier, password);
  await verifierOf({ secrets, random }, password);
  return false;
}

/** It was not changed while it was looked at. */
async function isInForce({ store }: Context, { identityStore, id }: DirectoryUser, verifier: string | undefined) {
  return (await store.get(personPasswords, [identityStore, id]))?.verifiers[0] === verifier;
}

async function afterPassword(
  ctx: Context,
  instance: Instance,
  user: DirectoryUser,
  { next, workflow }: Pick<Step, 'next' | 'workflow'>,
): Promise<Outcome> {
  const devices = await devicesOf(ctx.store, user.identityStore, user.id);
  if (devices.length === 0 && ctx.settings.portalMfa === 'optional') {
    return signedIn(ctx, instance, user, { next, workflow, credentials: 'PASSWORD', mfa: false });
  }
  const token = newToken(ctx);
  await forgetOldSteps(ctx);
  const enrol = devices.length === 0;
  await ctx.store.insert(steps, {
    token: digestOf(token),
    stage: enrol ? 'enrol' : 'code',
    identityStore: user.identityStore,
    user: user.id,
    next,
    workflow,
    ...(enrol && { seed: newSeed(ctx) }),
    expires: ctx.now.getTime() + STEP_MS,
  });
  if (!enrol) recordPerson(ctx, 'CredentialChallenge', { instance, user, workflow, credentials: 'TOTP' });
  return { kind: 'step', token };
}

/** The code after the password: of a device that is known, or the first of one that is added. */
export function proveCode(around: FrontAround, cookie: string, code: string): Promise<Outcome> {
  return around.within(async (ctx) => {
    const step = await stepOf(ctx, cookie);
    const user = step && (await ctx.store.get(directoryUsers, [step.identityStore, step.user]));
    const instance = step && (await instanceOfStore(ctx.store, step.identityStore));
    if (!step || !instance || user?.status !== 'ENABLED') return { kind: 'gone' };
    const counted = ['code', step.identityStore, step.user];
    const waitMs = await attempt(ctx, ...counted);
    if (waitMs > 0) return { kind: 'wait', waitMs };
    const right = step.stage === 'code' ? await isKnownCode(ctx, step, code) : await isFirstCode(ctx, step, code);
    const told = { instance, user, workflow: step.workflow, credentials: 'TOTP' };
    recordPerson(ctx, 'CredentialVerification', { ...told, outcome: right ? 'Success' : 'Failure' });
    if (!right) return { kind: 'refused' };
    await succeeded(ctx, ...counted);
    await ctx.store.remove(steps, [step.token]);
    const enrolledNow = step.stage === 'enrol' ? { DeviceEnrollmentRequired: 'true' } : {};
    return signedIn(ctx, instance, user, {
      ...{ next: step.next, workflow: step.workflow, credentials: 'PASSWORD,TOTP', mfa: true },
      more: enrolledNow,
    });
  });
}

async function isKnownCode(ctx: Context, { identityStore, user }: Step, code: string): Promise<boolean> {
  return isCodeOf(ctx, await devicesOf(ctx.store, identityStore, user), code);
}

/** Who has a device meanwhile adds no second one this way. */
async function isFirstCode(ctx: Context, { identityStore, user, seed = '' }: Step, code: string): Promise<boolean> {
  if ((await devicesOf(ctx.store, identityStore, user)).length > 0) return false;
  const device = enrolled(ctx, { identityStore, user }, seed, code);
  return device !== undefined && ctx.store.insert(personDevices, device);
}

interface Entry {
  readonly next: string;
  readonly workflow: string;
  readonly credentials: string;
  readonly mfa: boolean;
  readonly more?: Readonly<Record<string, string>>;
}

/** A session of the portal: a cookie that no one else has known before. */
async function signedIn(
  ctx: Context,
  instance: Instance,
  user: DirectoryUser,
  { next, workflow, credentials, mfa, more }: Entry,
): Promise<Outcome> {
  const token = newToken(ctx);
  const now = ctx.now.getTime();
  await forgetOldSessions(ctx);
  await ctx.store.insert(portalSessions, {
    ...{ token: digestOf(token), use: 'access', signIn: uuid(ctx), client: 'portal', scopes: [] },
    ...{ identityStore: user.identityStore, user: user.id, mfa },
    created: ctx.now.toISOString(),
    expires: now + SESSION_MS,
  });
  const LoginTo = `${ctx.settings.endpoint}${next.split('?')[0]}`;
  const told = { instance, user, workflow, credentials, more: { LoginTo, ...more } };
  recordPerson(ctx, 'UserAuthentication', told);
  return { kind: 'signed in', token, next };
}

async function forgetOldSessions({ store, now }: Context): Promise<void> {
  const { rows } = await store.list(portalSessions, [], { limit: 5, index: 'expires', unchecked: true });
  for (const { token, expires } of rows) if (expires <= now.getTime()) await store.remove(portalSessions, [token]);
}
