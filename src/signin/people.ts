/**
 * How somebody of a directory signs in: name and password, then what secondFactor.ts asks for. Whoever gives a name
 * that is not there, is disabled, or has no password waits as long and reads the same as whoever mistypes a password.
 */
import type { Context } from '../core/context.ts';
import { forgetExpired } from '../core/expiring.ts';
import type { FrontAround } from '../core/front.ts';
import { uuid } from '../core/ids.ts';
import { attempt, succeeded } from '../identity/attempts.ts';
import { type DirectoryUser, findUser, userBy } from '../identity/directory.ts';
import { type ExternalSignIn, keepExternalSignIn } from '../identity/identitySources.ts';
import { peopleOf } from '../identity/instanceKeys.ts';
import { type Instance, instanceOfStore, instances } from '../identity/instances.ts';
import { checked } from '../identity/passwords.ts';
import { personPasswords } from '../identity/personCredentials.ts';
import { answersHere, BROWSER, digestOf, newToken, portalSessions } from '../identity/portalSessions.ts';
import { recordPerson } from './records.ts';
import { afterPassword } from './secondFactor.ts';

const SESSION_MS = 8 * 3_600_000;

/** What becomes of an attempt. */
export type Outcome =
  /** `kept out`: the password was right, but a device is missing that people may not add themselves. */
  | { readonly kind: 'refused' | 'gone' | 'kept out' }
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
  /** Of a browser that may be trusted; see secondFactor.ts. */
  readonly browser: string | undefined;
}

export async function signIn(around: FrontAround, given: Given): Promise<Outcome> {
  const { identityStore, name, password, next, browser } = given;
  const counted = ['person', identityStore, name.toLowerCase()];
  const found = await around.within(async (ctx) => {
    const waitMs = await attempt(ctx, ...counted);
    await peopleOf(ctx, identityStore);
    const user = await userBy(ctx.store, identityStore, 'name', name);
    const known = user && (await ctx.store.get(personPasswords, [identityStore, user.id]));
    return { waitMs, user, verifier: known?.verifiers[0], now: ctx.now.getTime() };
  });
  if (found.waitMs > 0) return { kind: 'wait', waitMs: found.waitMs };
  const { right, better } = await checked(around, found.verifier, password, found.now);
  return around.within(async (ctx) => {
    const instance = await peopleOf(ctx, identityStore);
    if (!instance || !answersHere(instance, ctx)) return { kind: 'refused' };
    const user = found.user && (await findUser(ctx.store, identityStore, found.user.id));
    const workflow = uuid(ctx);
    const told = { instance, user, workflow, credentials: 'PASSWORD' };
    recordPerson(ctx, 'CredentialChallenge', told);
    const admitted = right && user?.status === 'ENABLED' && (await isInForce(ctx, user, found.verifier));
    recordPerson(ctx, 'CredentialVerification', { ...told, outcome: admitted ? 'Success' : 'Failure' });
    if (!admitted) return { kind: 'refused' };
    if (better !== undefined) await keepBetter(ctx, user, better);
    await succeeded(ctx, ...counted);
    return afterPassword(ctx, { instance, user, next, workflow, browser });
  });
}

/** It was not changed while it was looked at. */
async function isInForce({ store }: Context, { identityStore, id }: DirectoryUser, verifier: string | undefined) {
  return (await store.get(personPasswords, [identityStore, id]))?.verifiers[0] === verifier;
}

async function keepBetter({ store }: Context, { identityStore, id }: DirectoryUser, verifier: string) {
  const row = await store.get(personPasswords, [identityStore, id]);
  if (row) await store.replace(personPasswords, { ...row, verifiers: [verifier, ...row.verifiers.slice(1)] });
}

interface Entry {
  readonly next: string;
  readonly workflow: string;
  readonly credentials: string;
  readonly mfa: boolean;
  readonly more?: Readonly<Record<string, string>>;
  /** What an identity provider outside said of the sign-in. */
  readonly external?: Pick<ExternalSignIn, 'attributes'> & { readonly until?: number | undefined };
}

/** A session of the portal: a cookie that no one else has known before. */
export async function signedIn(
  ctx: Context,
  instance: Instance,
  user: DirectoryUser,
  { next, workflow, credentials, mfa, more, external }: Entry,
): Promise<Outcome> {
  if (!answersHere(instance, ctx)) return { kind: 'gone' };
  const token = newToken(ctx);
  const now = ctx.now.getTime();
  const signIn = uuid(ctx);
  await forgetExpired(ctx, portalSessions);
  const { identityStore } = user;
  const expires = Math.min(now + SESSION_MS, external?.until ?? Infinity);
  if (external) await keepExternalSignIn(ctx, { identityStore, signIn, attributes: external.attributes, expires });
  await ctx.store.insert(portalSessions, {
    ...{ token: digestOf(token), use: 'access', signIn, client: BROWSER, scopes: [] },
    ...{ identityStore, user: user.id, mfa, created: ctx.now.toISOString(), expires },
  });
  const LoginTo = `${ctx.settings.endpoint}${next.split('?')[0]}`;
  const told = { instance, user, workflow, credentials, more: { LoginTo, ...more } };
  recordPerson(ctx, 'UserAuthentication', told);
  return { kind: 'signed in', token, next };
}
