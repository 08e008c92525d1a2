/** The pages on which somebody of a directory signs in or chooses a password. */
import type { WireResponse } from '../core/wire.ts';
import { html, sentTo, shown } from './html.ts';
import { askForLink, choosePassword, whoseLink } from './newPassword.ts';
import { instanceAt, type Outcome, signIn } from './people.ts';
import { isElsewhere, toProvider } from './sources.ts';
import { cookieFor, hidden, pageOfOurs, type Visit } from './visit.ts';

const KEPT_OUT = 'Your administrator lets nobody in without one. Ask to have one registered.';
const WRONG = 'The user name or the password is wrong, or the user may not sign in.';

/** Before anything else: who are you? An identity provider outside answers that for some directories. */
export async function signInPage(
  visit: Visit,
  identityStore: string,
  next: string,
  problem?: string,
): Promise<WireResponse> {
  const elsewhere = await toProvider(visit, identityStore, next);
  if (elsewhere) return elsewhere;
  const body = html`<form method="post" action="/start/signin">${hidden(visit, { store: identityStore, next })}
<label for="name">User name</label><input id="name" name="name" autocomplete="username" required autofocus>
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" required>
<button>Sign in</button></form>
<p><a href="/start/forgot/${identityStore}">Forgot password, or first time here</a></p>`;
  return shown({ title: 'Sign in to the access portal', body, problem, cookie: visit.cookie, ...bad(problem) });
}

export const bad = (problem: string | undefined) => (problem === undefined ? {} : { status: 400 });

export function problemPage(title: string, text: string, status = 400): WireResponse {
  return shown({ title, body: html`<p><a href="/start">Go to the access portal</a></p>`, problem: text, status });
}

export const noPortal = () =>
  problemPage('No access portal', 'IAM Identity Center is not enabled here, or the address is another one.', 404);

/** Of an application that somebody is not assigned to. */
export const noAccess = () =>
  problemPage('No access', 'You do not have access to this application. Ask your administrator for it.', 403);

export const expiredForm = () =>
  problemPage('This form has expired', 'Go back, load the page again and repeat what you did.', 403);

export async function postSignIn(visit: Visit): Promise<WireResponse> {
  const { form, around } = visit;
  const identityStore = form.get('store') ?? '';
  const next = pageOfOurs(form.get('next'));
  const elsewhere = await toProvider(visit, identityStore, next);
  if (elsewhere) return elsewhere;
  const name = (form.get('name') ?? '').trim().slice(0, 128);
  const password = (form.get('password') ?? '').slice(0, 256);
  const outcome = await signIn(around, { identityStore, name, password, next, browser: visit.browser });
  return (await afterwards(visit, outcome)) ?? signInPage(visit, identityStore, next, problemIn(outcome, WRONG));
}

export const problemIn = (outcome: Outcome, wrong: string) =>
  outcome.kind === 'wait'
    ? `There were too many attempts. Try again in ${Math.ceil(outcome.waitMs / 1000)} seconds.`
    : wrong;

export async function afterwards(visit: Visit, outcome: Outcome): Promise<WireResponse | undefined> {
  if (outcome.kind === 'step') return sentTo('/start/code', cookieFor(visit, outcome.token));
  if (outcome.kind === 'signed in') return sentTo(outcome.next, cookieFor(visit, outcome.token));
  if (outcome.kind === 'kept out') return problemPage('You need an MFA device', KEPT_OUT, 403);
  return undefined;
}

export async function forgotPage(visit: Visit, identityStore: string | undefined): Promise<WireResponse> {
  const instance = await visit.around.within((ctx) => instanceAt(ctx, identityStore));
  if (!instance) return noPortal();
  if (await isElsewhere(visit, instance.identityStore)) return noPasswords();
  const body = html`<p>A link to choose a password is mailed to you.</p>
<form method="post" action="/start/forgot">${hidden(visit, { store: instance.identityStore })}
<label for="name">User name</label><input id="name" name="name" autocomplete="username" required autofocus>
<button>Send the link</button></form>`;
  return shown({ title: 'Choose a new password', body, cookie: visit.cookie });
}

const noPasswords = () =>
  problemPage('No passwords here', 'You sign in with your organization: it also helps with a forgotten password.');

export async function postForgot(visit: Visit): Promise<WireResponse> {
  const { form, around } = visit;
  const identityStore = form.get('store') ?? '';
  if (await isElsewhere(visit, identityStore)) return noPasswords();
  await askForLink(around, identityStore, (form.get('name') ?? '').trim().slice(0, 128));
  const body = html`<p>If there is a user of that name with an e-mail address, a link is on its way.</p>`;
  return shown({ title: 'Look into your mail', body });
}

export async function passwordPage(visit: Visit, token: string, problem?: string): Promise<WireResponse> {
  const name = await whoseLink(visit.around, token);
  if (name === undefined) {
    return problemPage('This link does not work', 'It was used already, or it is older than one hour.');
  }
  const body = html`<p>At least 8 characters: lower and upper case, a digit, and another character.</p>
<form method="post" action="/start/password">${hidden(visit, { token })}
<label for="name">User name</label><input id="name" value="${name}" autocomplete="username" readonly>
<label for="password">New password</label>
<input id="password" name="password" type="password" autocomplete="new-password" required autofocus>
<label for="again">The same again</label>
<input id="again" name="again" type="password" autocomplete="new-password" required>
<button>Set the password</button></form>`;
  return shown({ title: 'Choose your password', body, problem, cookie: visit.cookie, ...bad(problem) });
}

export async function postPassword(visit: Visit): Promise<WireResponse> {
  const token = visit.form.get('token') ?? '';
  const password = visit.form.get('password') ?? '';
  const problem =
    password === visit.form.get('again')
      ? await choosePassword(visit.around, token, password)
      : 'The two passwords are not the same.';
  if (problem !== undefined) return passwordPage(visit, token, problem);
  const body = html`<p>Your password is set. <a href="/start">Sign in</a></p>`;
  return shown({ title: 'Password set', body });
}
