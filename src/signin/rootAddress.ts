/**
 * The address of an account, which its root user changes on the page of its security credentials: a code goes to the
 * new address, and who shows it has it.
 * https://docs.aws.amazon.com/accounts/latest/reference/manage-acct-update-root-user-email.html
 */
import type { Caller, Context } from '../core/context.ts';
import type { WireResponse } from '../core/wire.ts';
import { accounts } from '../identity/organization.ts';
import { html, type Markup, sentTo, shown } from './html.ts';
import { asSelf, HOME, OUT, textOf } from './oneself.ts';
import { recordRoot } from './rootRecovery.ts';
import { hidden, type Visit } from './visit.ts';

type Page = (visit: Visit, problem: string) => Promise<WireResponse>;

/** Nothing for IAM users. */
export async function addressPart(visit: Visit): Promise<Markup | undefined> {
  const email = await asSelf(visit, async ({ caller }, { store }) =>
    caller.type === 'Root' ? (await store.get(accounts, [caller.account]))?.email : undefined,
  );
  if (!email || 'problem' in email || email.done === undefined) return undefined;
  return html`<h2>E-mail address of the account</h2><p>${email.done}</p>
<form method="post" action="${HOME}/email">${hidden(visit)}<label for="email">Another address</label>
<input id="email" name="email" type="email" autocomplete="email" required><button>Send a code to it</button></form>`;
}

/** `again`: the page that it was asked on, with what is wrong. */
export async function postAddress(visit: Visit, again: Page): Promise<WireResponse> {
  const PrimaryEmail = textOf(visit, 'email');
  const begun = await asRoot(visit, (ctx, caller) =>
    ctx.call('account', 'StartOwnEmailUpdate', { PrimaryEmail }, caller),
  );
  if (!begun) return OUT;
  return 'problem' in begun ? again(visit, begun.problem) : codePage(visit, PrimaryEmail);
}

/** As `asSelf`; somebody else than root is nobody here. */
async function asRoot(visit: Visit, deed: (ctx: Context, root: Caller) => Promise<unknown>) {
  const tried = await asSelf(visit, async ({ caller }, ctx) => {
    if (caller.type === 'Root') await deed(ctx, caller);
    return caller.type === 'Root';
  });
  return tried && 'done' in tried && !tried.done ? undefined : tried;
}

function codePage(visit: Visit, email: string, problem?: string): WireResponse {
  const body = html`<p>A code was mailed to ${email}. It is good for one day.</p>
<form method="post" action="${HOME}/email/verify">${hidden(visit, { email })}<label for="code">Code</label>
<input id="code" name="code" autocomplete="one-time-code" required autofocus><button>Change the address</button></form>
<p><a href="${HOME}">Back</a></p>`;
  const status = problem === undefined ? 200 : 400;
  return shown({ title: 'Verify the new e-mail address', body, problem, status });
}

export async function postAddressCode(visit: Visit): Promise<WireResponse> {
  const PrimaryEmail = textOf(visit, 'email');
  const Otp = textOf(visit, 'code').toUpperCase();
  const changed = await asRoot(visit, async (ctx, caller) => {
    await ctx.call('account', 'AcceptOwnEmailUpdate', { PrimaryEmail, Otp }, caller);
    recordRoot(ctx, caller.account, 'EmailUpdated');
  });
  if (!changed) return OUT;
  return 'problem' in changed ? codePage(visit, PrimaryEmail, changed.problem) : sentTo(HOME);
}
