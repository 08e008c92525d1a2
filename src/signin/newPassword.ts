/**
 * A first password, or another one: a link that works once is mailed to whom the directory knows under a name. Whether
 * it knows anybody is not said.
 */
import type { Context } from '../core/context.ts';
import { byExpiry, forgetExpired } from '../core/expiring.ts';
import type { FrontAround } from '../core/front.ts';
import { pagesAt } from '../core/pagesAddress.ts';
import { attempt, succeeded } from '../identity/attempts.ts';
import { type DirectoryUser, findUser, userBy } from '../identity/directory.ts';
import { peopleOf } from '../identity/instanceKeys.ts';
import type { Instance } from '../identity/instances.ts';
import { send } from '../identity/letters.ts';
import { isPassword, verifierOf } from '../identity/passwords.ts';
import { forgetBrowsers, personPasswords } from '../identity/personCredentials.ts';
import { digestOf, endSessionsOf, newToken } from '../identity/portalSessions.ts';
import { everyRow } from '../store/everyRow.ts';
import { table } from '../store/store.ts';

interface Reset {
  /** Digest of what is in the link. */
  readonly token: string;
  readonly identityStore: string;
  readonly user: string;
  /** Milliseconds. */
  readonly expires: number;
}

const resets = table<Reset>('signin_reset', {
  key: (row) => [row.token],
  indexes: {
    expires: byExpiry,
    user: (row) => [[row.identityStore, row.user]],
  },
});

const LINK_MS = 3_600_000;
/** The password in force and two before it. */
const REMEMBERED = 3;

export function askForLink(around: FrontAround, identityStore: string, name: string): Promise<void> {
  return around.within(async (ctx) => {
    if ((await attempt(ctx, 'link', identityStore, name.toLowerCase())) > 0) return;
    const instance = await peopleOf(ctx, identityStore);
    const user = await userBy(ctx.store, identityStore, 'name', name);
    const to = user && addressOf(user);
    await forgetExpired(ctx, resets);
    if (instance && user?.status === 'ENABLED' && to !== undefined) await sendLink(ctx, instance, user, to);
  });
}

export function addressOf({ attributes: { Emails = [] } }: DirectoryUser): string | undefined {
  return (Emails.find(({ Primary }) => Primary) ?? Emails[0])?.Value;
}

async function sendLink(ctx: Context, { account }: Instance, user: DirectoryUser, to: string): Promise<void> {
  const token = newToken(ctx);
  const { identityStore, id } = user;
  await ctx.store.insert(resets, {
    ...{ token: digestOf(token), identityStore, user: id },
    expires: ctx.now.getTime() + LINK_MS,
  });
  const text = [
    `Hello ${user.attributes.DisplayName ?? user.userName},`,
    'with this link you can choose the password of your access portal within one hour. It works once.',
    `${pagesAt(ctx.settings)}/start/password?token=${token}`,
    `Your user name is ${user.userName}. If you did not ask for this, you need do nothing.`,
  ].join('\n\n');
  await send(ctx, account, { to, subject: 'Choose your password', text }, 'person');
}

/** Name of the user whom a link is for; undefined when it does not work. */
export function whoseLink(around: FrontAround, token: string): Promise<string | undefined> {
  return around.within(async (ctx) => (await found(ctx, token))?.user.userName);
}

async function found(ctx: Context, token: string): Promise<{ reset: Reset; user: DirectoryUser } | undefined> {
  const reset = await ctx.store.get(resets, [digestOf(token)]);
  if (!reset || reset.expires <= ctx.now.getTime()) return undefined;
  await peopleOf(ctx, reset.identityStore);
  const user = await findUser(ctx.store, reset.identityStore, reset.user);
  return user?.status === 'ENABLED' ? { reset, user } : undefined;
}

/** Undefined: it is set. Else what is wrong with it; `gone`: the link does not work any more. */
export async function choosePassword(
  around: FrontAround,
  token: string,
  password: string,
): Promise<string | undefined> {
  const problem = problemOf(password);
  if (problem !== undefined) return problem;
  const before = await around.within(async (ctx) => {
    const link = await found(ctx, token);
    return link && ((await ctx.store.get(personPasswords, [link.user.identityStore, link.user.id]))?.verifiers ?? []);
  });
  if (!before) return 'gone';
  for (const verifier of before) {
    if (await isPassword(around, verifier, password)) return 'The password is one of your last three.';
  }
  const verifier = await verifierOf(around, password);
  return around.within(async (ctx) => {
    const link = await found(ctx, token);
    if (!link) return 'gone';
    const { identityStore, id: user, userName } = link.user;
    const changed = ctx.now.toISOString();
    const verifiers = [verifier, ...before].slice(0, REMEMBERED);
    await ctx.store.replace(personPasswords, { identityStore, user, verifiers, changed });
    await endAll(ctx, identityStore, user);
    await succeeded(ctx, 'person', identityStore, userName.toLowerCase());
    return undefined;
  });
}

/** Other links, and whoever is signed in as this person. */
async function endAll({ store }: Context, identityStore: string, user: string): Promise<void> {
  const key = [identityStore, user];
  await forgetBrowsers(store, identityStore, user);
  for await (const { token } of everyRow(store, resets, key, 'user')) await store.remove(resets, [token]);
  await endSessionsOf(store, identityStore, user);
}

const KINDS = [/[a-z]/, /[A-Z]/, /\d/, /[^A-Za-z\d]/];

/** https://docs.aws.amazon.com/singlesignon/latest/userguide/password-requirements.html */
function problemOf(password: string): string | undefined {
  if (password.length < 8 || password.length > 64) return 'The password must have between 8 and 64 characters.';
  if (KINDS.every((kind) => kind.test(password))) return undefined;
  return 'The password must have a lower-case letter, an upper-case letter, a digit and another character.';
}
