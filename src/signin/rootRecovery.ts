/**
 * The root user's password, the first and every other one: by a link that works once, mailed to the account's address.
 * No account begins with one. A member account whose organization keeps its root credentials gets none, unless somebody
 * with the right allowed it for this account.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/id_root-user-privileged-task.html
 */
import type { Context } from '../core/context.ts';
import { byExpiry, forgetExpired } from '../core/expiring.ts';
import type { FrontAround } from '../core/front.ts';
import { pagesAt } from '../core/pagesAddress.ts';
import { attempt, succeeded } from '../identity/attempts.ts';
import { send } from '../identity/letters.ts';
import { type Account, accounts, isClosed, organizations } from '../identity/organization.ts';
import { loginProfiles, verifierOf } from '../identity/passwords.ts';
import { digestOf, newToken } from '../identity/portalSessions.ts';
import { table } from '../store/store.ts';
import { record } from './records.ts';

interface RootReset {
  /** Digest of what is in the link. */
  readonly token: string;
  readonly account: string;
  /** Where the link was sent: it works as long as that is the account's address. */
  readonly email: string;
  /** Milliseconds. */
  readonly expires: number;
}

const rootResets = table<RootReset>('signin_root_reset', {
  key: (row) => [row.token],
  indexes: { expires: byExpiry, account: (row) => [[row.account]] },
});

const LINK_MS = 3_600_000;

export function askForRootLink(around: FrontAround, email: string): Promise<void> {
  return around.within(async (ctx) => {
    if ((await attempt(ctx, 'root link', email.toLowerCase())) > 0) return;
    const [account] = (await ctx.store.list(accounts, [email.toLowerCase()], { limit: 1, index: 'email' })).rows;
    await forgetExpired(ctx, rootResets);
    if (account && !isClosed(account, ctx.now) && (await mayRecover(ctx, account))) await sendLink(ctx, account);
  });
}

async function mayRecover({ store }: Context, { id, organization }: Account): Promise<boolean> {
  const own = organization === undefined ? undefined : await store.get(organizations, [organization]);
  if (!own || own.management === id || !own.rootFeatures?.includes('RootCredentialsManagement')) return true;
  return (await store.get(loginProfiles, [id, id])) !== undefined;
}

async function sendLink(ctx: Context, { id, email, name }: Account): Promise<void> {
  const token = newToken(ctx);
  const expires = ctx.now.getTime() + LINK_MS;
  await ctx.store.insert(rootResets, { token: digestOf(token), account: id, email, expires });
  recordRoot(ctx, id, 'PasswordRecoveryRequested');
  const text = [
    `With this link you can choose the password of the root user of account ${name} (${id}) within one hour.`,
    `${pagesAt(ctx.settings)}/signin/root/password?token=${token}`,
    'It works once. If you did not ask for this, you need do nothing.',
  ].join('\n\n');
  await send(ctx, id, { to: email, subject: 'Choose the password of your root user', text }, 'root');
}

/** What root does about its password and address. */
export const recordRoot = (ctx: Context, account: string, eventName: string) =>
  record(ctx, account, 'us-east-1', {
    userIdentity: {
      ...{ type: 'Root', principalId: account, arn: `arn:aws:iam::${account}:root` },
      ...{ accountId: account, accessKeyId: '' },
    },
    eventName,
    responseElements: { [eventName]: 'Success' },
    eventType: 'AwsConsoleSignIn',
  });

/** Address of the account whom a link is for; undefined when it does not work. */
export const whoseRootLink = (around: FrontAround, token: string): Promise<string | undefined> =>
  around.within(async (ctx) => (await found(ctx, token))?.email);

async function found(ctx: Context, token: string): Promise<Account | undefined> {
  const reset = await ctx.store.get(rootResets, [digestOf(token)]);
  if (!reset || reset.expires <= ctx.now.getTime()) return undefined;
  const account = await ctx.store.get(accounts, [reset.account]);
  if (account?.email !== reset.email || isClosed(account, ctx.now)) return undefined;
  return (await mayRecover(ctx, account)) ? account : undefined;
}

const GONE = 'This link does not work any more.';

/** Undefined: it is set. Else what is wrong with it. */
export async function chooseRootPassword(
  around: FrontAround,
  token: string,
  password: string,
): Promise<string | undefined> {
  if ((await whoseRootLink(around, token)) === undefined) return GONE;
  const verifier = await verifierOf(around, password);
  return around.within(async (ctx) => {
    const account = await found(ctx, token);
    if (!account) return GONE;
    const problem = problemOf(password, account);
    if (problem !== undefined) return problem;
    const { id, email } = account;
    const before = await ctx.store.get(loginProfiles, [id, id]);
    const now = ctx.now.toISOString();
    const fresh = { account: id, owner: id, created: now, resetRequired: false };
    await ctx.store.replace(loginProfiles, { ...fresh, ...before, changed: now, verifiers: [verifier] });
    const { rows } = await ctx.store.list(rootResets, [id], { limit: 100, index: 'account' });
    for (const row of rows) await ctx.store.remove(rootResets, [row.token]);
    await succeeded(ctx, 'root', email.toLowerCase());
    recordRoot(ctx, id, 'PasswordRecoveryCompleted');
    return undefined;
  });
}

const KINDS = [/[a-z]/, /[A-Z]/, /\d/, /[^A-Za-z\d\s]/];

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/root-user-password.html */
function problemOf(password: string, { name, email }: Account): string | undefined {
  if (password.length < 8 || password.length > 128) return 'The password must have between 8 and 128 characters.';
  if (KINDS.filter((kind) => kind.test(password)).length < 3) {
    return 'The password must have three of: lower-case letters, upper-case letters, digits, other characters.';
  }
  const isName = [name, email].some((text) => text.toLowerCase() === password.toLowerCase());
  return isName ? 'The password must not be the name or the address of the account.' : undefined;
}
