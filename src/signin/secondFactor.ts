/**
 * What comes after a right password: a code or a passkey of a device that is known, a device that is added now, a code
 * by mail, or nothing, as the instance's settings have it.
 * https://docs.aws.amazon.com/singlesignon/latest/userguide/how-to-configure-mfa-device-enforcement.html
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { Context } from '../core/context.ts';
import { forgetExpired } from '../core/expiring.ts';
import type { FrontAround } from '../core/front.ts';
import { attempt, succeeded } from '../identity/attempts.ts';
import { type DirectoryUser, findUser } from '../identity/directory.ts';
import { peopleOf } from '../identity/instanceKeys.ts';
import type { Instance } from '../identity/instances.ts';
import { send } from '../identity/letters.ts';
import { type MfaSettings, type MfaType, STANDARD_MFA } from '../identity/mfaSettings.ts';
import { addApp, isCodeOf, newSeed } from '../identity/personCodes.ts';
import { devicesOf, type PersonDevice, trustedBrowsers, typeOf } from '../identity/personCredentials.ts';
import { digestOf, newToken } from '../identity/portalSessions.ts';
import { everyRow } from '../store/everyRow.ts';
import { addPasskey, passkeyHolder } from './devices.ts';
import { addressOf } from './newPassword.ts';
import { type Outcome, signedIn } from './people.ts';
import { recordPerson } from './records.ts';
import type { Site } from './sites.ts';
import { STEP_MS, type Step, stepOf, steps } from './steps.ts';
import { proven } from './webauthn.ts';

export const mfaOf = ({ mfa }: Pick<Instance, 'mfa'>): MfaSettings => mfa ?? STANDARD_MFA;

/** The devices of somebody that count. */
export async function usableOf(ctx: Context, instance: Instance, user: string): Promise<readonly PersonDevice[]> {
  const { types } = mfaOf(instance);
  const devices = await devicesOf(ctx.store, instance.identityStore, user);
  return devices.filter((device) => types.includes(typeOf(device)));
}

interface Entering {
  readonly instance: Instance;
  readonly user: DirectoryUser;
  readonly next: string;
  readonly workflow: string;
  /** What the browser is known by, if it says so. */
  readonly browser: string | undefined;
}

const STAGES = { REGISTER: 'enrol', EMAIL: 'email' } as const;

export async function afterPassword(ctx: Context, entering: Entering): Promise<Outcome> {
  const { instance, user, next, workflow, browser } = entering;
  const { prompt, withoutDevice } = mfaOf(instance);
  const alone = () => signedIn(ctx, instance, user, { next, workflow, credentials: 'PASSWORD', mfa: false });
  if (prompt === 'NEVER') return alone();
  if (prompt === 'CONTEXT_AWARE' && (await isTrusted(ctx, user, browser))) return alone();
  const devices = await usableOf(ctx, instance, user.id);
  if (devices.length === 0 && withoutDevice === 'ALLOW') return alone();
  if (devices.length === 0 && withoutDevice === 'BLOCK') return { kind: 'kept out' };
  const stage = devices.length > 0 ? 'prove' : STAGES[withoutDevice as keyof typeof STAGES];
  const code = stage === 'email' ? await mailedCode(ctx, instance, user) : undefined;
  if (stage === 'email' && code === undefined) return { kind: 'kept out' };
  const token = newToken(ctx);
  await forgetExpired(ctx, steps);
  await ctx.store.insert(steps, {
    ...{ token: digestOf(token), stage, identityStore: user.identityStore, user: user.id, next, workflow, code },
    ...(stage === 'enrol' && { seed: newSeed(ctx) }),
    expires: ctx.now.getTime() + STEP_MS,
  });
  const asked = stage === 'email' ? ['EMAIL_OTP'] : [...new Set(devices.map(typeOf))];
  for (const credentials of asked) recordPerson(ctx, 'CredentialChallenge', { instance, user, workflow, credentials });
  return { kind: 'step', token };
}

const CODE_SEAL = 'signin-mailed-code';

/** Sealed; undefined: there is no address to send it to, or it was asked for too often. */
async function mailedCode(ctx: Context, instance: Instance, user: DirectoryUser): Promise<string | undefined> {
  const to = addressOf(user);
  if (to === undefined || (await attempt(ctx, 'mailed code', user.identityStore, user.id)) > 0) return undefined;
  const code = String(Buffer.from(ctx.random(6)).readUIntBE(0, 6) % 1_000_000).padStart(6, '0');
  const text = [
    `Your verification code for the access portal is ${code}.`,
    'It is good for ten minutes. If you did not ask for it, somebody knows your password: choose another one.',
  ].join('\n\n');
  await send(ctx, instance.account, { to, subject: 'Your verification code', text }, 'person');
  return ctx.secrets.seal(CODE_SEAL, code, ctx.random(12));
}

/** A code, or what a browser answered about a passkey; with a name, where it is of a device that is new. */
export interface Proof {
  readonly code?: string;
  readonly credential?: string;
  readonly site?: Site | undefined;
  readonly name?: string;
  /** The browser is to be trusted from now on, known by this. */
  readonly trust?: string | undefined;
}

export function prove(around: FrontAround, cookie: string, proof: Proof): Promise<Outcome> {
  return around.within(async (ctx) => {
    const step = await stepOf(ctx, cookie);
    const instance = step && (await peopleOf(ctx, step.identityStore));
    const user = step && (await findUser(ctx.store, step.identityStore, step.user));
    if (!step || !instance || user?.status !== 'ENABLED') return { kind: 'gone' };
    const counted = ['code', step.identityStore, step.user];
    const waitMs = await attempt(ctx, ...counted);
    if (waitMs > 0) return { kind: 'wait', waitMs };
    const { workflow, next, stage } = step;
    const right = await isRight(ctx, { cookie, step, instance, proof });
    const type = stage === 'email' ? 'EMAIL_OTP' : typeIn(proof);
    const outcome = right ? 'Success' : 'Failure';
    recordPerson(ctx, 'CredentialVerification', { instance, user, workflow, credentials: type, outcome });
    if (!right) return { kind: 'refused' };
    await succeeded(ctx, ...counted);
    await succeeded(ctx, 'mailed code', step.identityStore, step.user);
    await ctx.store.remove(steps, [step.token]);
    if (mfaOf(instance).prompt === 'CONTEXT_AWARE') await trust(ctx, user, proof.trust);
    const credentials = `PASSWORD,${type}`;
    const more = stage === 'enrol' ? { DeviceEnrollmentRequired: 'true' } : {};
    return signedIn(ctx, instance, user, { next, workflow, credentials, mfa: stage !== 'email', more });
  });
}

const typeIn = ({ credential }: Proof): MfaType => (credential === undefined ? 'TOTP' : 'WEBAUTHN');

interface Proving {
  readonly cookie: string;
  readonly step: Step;
  readonly instance: Instance;
  readonly proof: Proof;
}

async function isRight(ctx: Context, { cookie, step, instance, proof }: Proving): Promise<boolean> {
  const { stage, identityStore, user, seed = '', code } = step;
  if (stage === 'email') return isSame(ctx, code, proof.code ?? '');
  const devices = await usableOf(ctx, instance, user);
  if (stage === 'prove') {
    if (proof.credential === undefined) return isCodeOf(ctx, devices, proof.code ?? '');
    const used = await proven(ctx, cookie, proof.site, passkeyHolder({ identityStore, user }), proof.credential);
    return used !== undefined && devices.some(({ passkey }) => passkey === used.id);
  }
  // Who has a device meanwhile adds no second one this way; a kind that does not count is of no use.
  if (devices.length > 0 || !mfaOf(instance).types.includes(typeIn(proof))) return false;
  const person = { identityStore, user, name: proof.name };
  return proof.credential === undefined
    ? addApp(ctx, person, seed, proof.code ?? '')
    : addPasskey(ctx, person, cookie, proof.site, proof.credential);
}

function isSame(ctx: Context, sealed: string | undefined, given: string): boolean {
  const expected = sealed === undefined ? undefined : ctx.secrets.open(CODE_SEAL, sealed);
  const bytes = Buffer.from(given.replace(/\s/g, ''));
  return expected?.length === bytes.length && timingSafeEqual(expected, bytes);
}

const TRUST_MS = 30 * 86_400_000;

/** The browser, what it calls itself, and the address it comes from: another of them is another context. */
const contextOf = ({ source }: Context, browser: string) =>
  createHash('sha256').update([browser, source.userAgent, source.ip].join('\n')).digest('base64url');

async function isTrusted(ctx: Context, { identityStore, id }: DirectoryUser, browser: string | undefined) {
  if (browser === undefined) return false;
  const row = await ctx.store.get(trustedBrowsers, [identityStore, id, contextOf(ctx, browser)]);
  return row !== undefined && row.expires > ctx.now.getTime();
}

async function trust(ctx: Context, { identityStore, id: user }: DirectoryUser, browser: string | undefined) {
  if (browser === undefined) return;
  const now = ctx.now.getTime();
  for await (const { context, expires } of everyRow(ctx.store, trustedBrowsers, [identityStore, user])) {
    if (expires <= now) await ctx.store.remove(trustedBrowsers, [identityStore, user, context]);
  }
  const context = contextOf(ctx, browser);
  await ctx.store.replace(trustedBrowsers, { identityStore, user, context, expires: now + TRUST_MS });
}
