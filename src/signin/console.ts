/** The pages on which the root user of an account and its IAM users sign in. */
import type { WireResponse } from '../core/wire.ts';
import { digestOf } from '../identity/portalSessions.ts';
import { recordLogout } from './consoleRecords.ts';
import { type ConsoleSession, consoleSessions, enter } from './consoleSessions.ts';
import {
  type Claimed,
  type ConsoleOutcome,
  devicesOf,
  passkeyHolder,
  proveDevice,
  renewPassword,
  signInTo,
} from './consoleUsers.ts';
import { problemPage } from './entry.ts';
import { html, type Markup, type Page, sentTo, shown } from './html.ts';
import { noSite, passkeyForm, scriptOf } from './passkeyForms.ts';
import { placeOf } from './roleSessions.ts';
import { askForRootLink, chooseRootPassword, whoseRootLink } from './rootRecovery.ts';
import { siteOf } from './sites.ts';
import { cookieFor, hidden, type Visit } from './visit.ts';
import { requestOf } from './webauthn.ts';

const WRONG = 'Your authentication information is incorrect. Please try again.';

const showing = (visit: Visit, page: Page): WireResponse =>
  shown({ ...page, cookie: visit.cookie, ...(page.problem !== undefined && { status: 400 }) });

const PASSWORD = html`<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" required>`;

const FOCUS = html` autofocus`;

export function userPage(visit: Visit, problem?: string): WireResponse {
  const account = visit.form.get('account') ?? visit.query.get('account') ?? '';
  const [first, second] = account === '' ? [FOCUS, undefined] : [undefined, FOCUS];
  const body = html`<form method="post" action="/signin">${hidden(visit)}<label for="account">Account ID or account alias</label>
<input id="account" name="account" value="${account}" required${first}>
<label for="name">IAM user name</label><input id="name" name="name" autocomplete="username" required${second}>
${PASSWORD}<button>Sign in</button></form><p><a href="/signin/root">Sign in as the root user</a></p>`;
  return showing(visit, { title: 'Sign in as an IAM user', body, problem });
}

export function rootPage(visit: Visit, problem?: string): WireResponse {
  const body = html`<form method="post" action="/signin/root">${hidden(visit)}
<label for="email">E-mail address of the account</label>
<input id="email" name="email" type="email" autocomplete="username" required autofocus>
${PASSWORD}<button>Sign in</button></form><p><a href="/signin/root/forgot">Forgot password, or first time here</a></p>
<p><a href="/signin">Sign in as an IAM user</a></p>`;
  return showing(visit, { title: 'Sign in as the root user', body, problem });
}

const textOf = ({ form }: Visit, name: string) => (form.get(name) ?? '').trim().slice(0, 256);

export const postUser = (visit: Visit) =>
  posted(visit, { account: textOf(visit, 'account'), name: textOf(visit, 'name') }, userPage);

export const postRoot = (visit: Visit) => posted(visit, { email: textOf(visit, 'email') }, rootPage);

type Form = (visit: Visit, problem?: string) => WireResponse;

async function posted(visit: Visit, claimed: Claimed, again: Form): Promise<WireResponse> {
  const password = (visit.form.get('password') ?? '').slice(0, 256);
  const outcome = await signInTo(visit.around, claimed, password);
  return onward(visit, outcome) ?? again(visit, problemIn(outcome));
}

const PAGES = { code: '/signin/code', password: '/signin/password', in: '/signin/home' } as const;

function onward(visit: Visit, outcome: ConsoleOutcome): WireResponse | undefined {
  if (outcome.kind === 'gone') return sentTo('/signin');
  return 'token' in outcome ? sentTo(PAGES[outcome.kind], cookieFor(visit, outcome.token)) : undefined;
}

const problemIn = (outcome: ConsoleOutcome): string =>
  outcome.kind === 'wait'
    ? `There were too many attempts. Try again in ${Math.ceil(outcome.waitMs / 1000)} seconds.`
    : WRONG;

const sessionOf = ({ around, token }: Visit, stage: ConsoleSession['stage']) =>
  around.within((ctx) => enter(ctx, token, stage));

export async function codePage(visit: Visit, problem?: string): Promise<WireResponse> {
  const { around, token } = visit;
  const site = siteOf(around.source, around.settings);
  const asked = await around.within(async (ctx) => {
    const session = await enter(ctx, token, 'code');
    if (!session) return undefined;
    const devices = await devicesOf(ctx, session.holder);
    const options = site && (await requestOf(ctx, token, site, passkeyHolder(session.holder)));
    return { apps: devices.some(({ seed }) => seed !== undefined), options };
  });
  if (!asked) return sentTo('/signin');
  const { apps, options } = asked;
  const app = html`<form method="post" action="/signin/code">${hidden(visit)}
<label for="code">Code of your MFA device (six digits)</label>
<input id="code" name="code" inputmode="numeric" autocomplete="one-time-code" required autofocus>
<button>Continue</button></form>`;
  const button = 'Use a passkey or security key';
  const key = options && passkeyForm(visit, { action: '/signin/passkey', kind: 'get', options, button });
  const body = html`${key}${apps ? app : undefined}${key || apps ? undefined : noSite}`;
  const script = key && site && scriptOf(site);
  return showing(visit, { title: 'Multi-factor authentication', body, problem, script });
}

export async function postCode(visit: Visit): Promise<WireResponse> {
  const outcome = await proveDevice(visit.around, visit.token, { code: textOf(visit, 'code') });
  return onward(visit, outcome) ?? codePage(visit, problemIn(outcome));
}

export async function postPasskey(visit: Visit): Promise<WireResponse> {
  const { around, form, token } = visit;
  const site = siteOf(around.source, around.settings);
  const outcome = await proveDevice(around, token, { credential: form.get('credential') ?? '', site });
  return onward(visit, outcome) ?? codePage(visit, problemIn(outcome));
}

const TWICE = html`<label for="new">New password</label>
<input id="new" name="new" type="password" autocomplete="new-password" required>
<label for="again">The same again</label>
<input id="again" name="again" type="password" autocomplete="new-password" required>`;

export async function passwordPage(visit: Visit, problem?: string): Promise<WireResponse> {
  const session = await sessionOf(visit, 'password');
  if (!session) return sentTo('/signin');
  const body = html`<p>You must change your password before you go on.</p>
<form method="post" action="/signin/password">${hidden(visit)}
<label for="name">IAM user name</label>
<input id="name" value="${session.holder.name}" autocomplete="username" readonly>
<label for="old">Old password</label>
<input id="old" name="old" type="password" autocomplete="current-password" required autofocus>${TWICE}
<button>Change the password</button></form>`;
  return showing(visit, { title: 'Change your password', body, problem });
}

const DIFFERENT = 'The two passwords are not the same.';

export async function postPassword(visit: Visit): Promise<WireResponse> {
  const { form, around, token } = visit;
  const password = form.get('new') ?? '';
  if (password !== form.get('again')) return passwordPage(visit, DIFFERENT);
  const outcome = await renewPassword(around, token, form.get('old') ?? '', password);
  if (typeof outcome === 'string') return passwordPage(visit, outcome);
  return onward(visit, outcome) ?? passwordPage(visit, WRONG);
}

export async function homePage(visit: Visit): Promise<WireResponse> {
  const session = await sessionOf(visit, 'in');
  if (!session) return sentTo('/signin');
  const { holder, mfa } = session;
  const wanted = visit.query.get('destination') ?? '';
  const later = placeOf(wanted, visit.around) && html`, and with it <code>${wanted}</code>`;
  const factor = mfa ? 'with a second factor' : 'without a second factor';
  const body: Markup = html`<p>Account <strong>${holder.account}</strong></p><p><code>${holder.arn}</code>, ${factor}.</p>
${holder.role ? undefined : html`<p><a href="/signin/security">Security credentials</a></p>`}
<p>The management console comes later${later}.</p>
<form method="post" action="/signin/signout">${hidden(visit)}<button>Sign out</button></form>`;
  return shown({ title: 'You are signed in', body });
}

export async function signOut({ around, token }: Visit): Promise<WireResponse> {
  await around.within(async (ctx) => {
    const session = await enter(ctx, token, 'in');
    if (session) recordLogout(ctx, session);
    await ctx.store.remove(consoleSessions, [digestOf(token)]);
  });
  return sentTo('/signin');
}

export function forgotPage(visit: Visit): WireResponse {
  const body = html`<p>A link to choose the root user's password is mailed to the account's address.</p>
<form method="post" action="/signin/root/forgot">${hidden(visit)}
<label for="email">E-mail address of the account</label>
<input id="email" name="email" type="email" autocomplete="username" required autofocus><button>Send the link</button></form>`;
  return showing(visit, { title: 'Root user: choose a password', body });
}

export async function postForgot(visit: Visit): Promise<WireResponse> {
  await askForRootLink(visit.around, textOf(visit, 'email'));
  const body = html`<p>If there is an account with that address whose root user may have a password, a link is on its
way.</p>`;
  return shown({ title: 'Look into your mail', body });
}

export async function rootPasswordPage(visit: Visit, problem?: string): Promise<WireResponse> {
  const token = visit.form.get('token') ?? visit.query.get('token') ?? '';
  const email = await whoseRootLink(visit.around, token);
  if (email === undefined) return problemPage('This link does not work', 'It was used, or it is older than one hour.');
  const body = html`<form method="post" action="/signin/root/password">${hidden(visit, { token })}
<label for="email">E-mail address of the account</label>
<input id="email" value="${email}" autocomplete="username" readonly>${TWICE}<button>Set the password</button></form>`;
  return showing(visit, { title: 'Root user: choose a password', body, problem });
}

export async function postRootPassword(visit: Visit): Promise<WireResponse> {
  const { form, around } = visit;
  const password = form.get('new') ?? '';
  const same = password === form.get('again');
  const problem = same ? await chooseRootPassword(around, form.get('token') ?? '', password) : DIFFERENT;
  if (problem !== undefined) return rootPasswordPage(visit, problem);
  return shown({ title: 'Password set', body: html`<p>It is set. <a href="/signin/root">Sign in</a></p>` });
}
