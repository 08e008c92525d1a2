/** Somebody confirms in the browser what a command line asked for (RFC 8628). */
import type { Context } from '../core/context.ts';
import type { WireResponse } from '../core/wire.ts';
import { type DeviceAuthorization, deviceAuthorizations, type SignedIn } from '../identity/portalSessions.ts';
import { signInPage } from './entry.ts';
import { html, shown } from './html.ts';
import { instanceAt } from './people.ts';
import { whoVisits } from './portal.ts';
import { hidden, type Visit } from './visit.ts';

const UNKNOWN = 'There is no request with this code, or it is too old. Start again on your device.';

/** As people may type it: in small letters, without the hyphen. */
function codeOf(text: string | null): string {
  const letters = (text ?? '').toUpperCase().replace(/[^A-Z]/g, '');
  return letters.length === 8 ? `${letters.slice(0, 4)}-${letters.slice(4)}` : '';
}

async function pending(ctx: Context, code: string): Promise<DeviceAuthorization | undefined> {
  if (code === '') return undefined;
  const [row] = (await ctx.store.list(deviceAuthorizations, [code], { limit: 1, index: 'userCode' })).rows;
  return row?.decision === 'PENDING' && row.expires > ctx.now.getTime() ? row : undefined;
}

export async function devicePage(visit: Visit): Promise<WireResponse> {
  const given = visit.query.get('user_code');
  const code = codeOf(given);
  const { row, instance } = await visit.around.within(async (ctx) => {
    const row = await pending(ctx, code);
    return { row, instance: await instanceAt(ctx, row?.identityStore) };
  });
  const person = await whoVisits(visit);
  if (row && instance && !isOf(person, row)) {
    return signInPage(visit, instance.identityStore, `/start/device?user_code=${code}`);
  }
  return row && person ? confirmPage(visit, row) : askPage(visit, given === null ? undefined : UNKNOWN);
}

const isOf = (person: SignedIn | undefined, { identityStore }: DeviceAuthorization) =>
  person?.user.identityStore === identityStore;

function askPage(visit: Visit, problem?: string): WireResponse {
  const body = html`<form method="get" action="/start/device"><label for="user_code">Code that your device shows</label>
<input id="user_code" name="user_code" autocomplete="off" required autofocus><button>Continue</button></form>`;
  return shown({ title: 'Confirm a device', body, problem, cookie: visit.cookie, ...(problem && { status: 404 }) });
}

function confirmPage(visit: Visit, { clientName, userCode }: DeviceAuthorization): WireResponse {
  const body = html`<p>The client <strong>${clientName}</strong> asks to act as you: it will see your accounts and get
credentials of your roles. Allow it only if you have just started it, and it shows this code:</p>
<p class="code">${userCode}</p>
<form method="post" action="/start/device">${hidden(visit, { user_code: userCode })}
<button name="decision" value="ALLOWED">Allow</button><button name="decision" value="DENIED">Deny</button></form>`;
  return shown({ title: 'Confirm a device', body });
}

export async function postDevice(visit: Visit): Promise<WireResponse> {
  const person = await whoVisits(visit);
  const decision = visit.form.get('decision') === 'ALLOWED' ? 'ALLOWED' : 'DENIED';
  const done = await visit.around.within(async (ctx) => {
    const row = await pending(ctx, codeOf(visit.form.get('user_code')));
    if (!row || !person || !isOf(person, row)) return false;
    const { session, user } = person;
    const by = { user: user.id, mfa: session.mfa, signIn: session.signIn };
    await ctx.store.replace(deviceAuthorizations, { ...row, decision, ...by });
    return true;
  });
  if (!done) return askPage(visit, UNKNOWN);
  const body =
    decision === 'ALLOWED'
      ? html`<p>The device may act as you. You can close this window.</p>`
      : html`<p>The device was refused. You can close this window.</p>`;
  return shown({ title: decision === 'ALLOWED' ? 'Request approved' : 'Request denied', body });
}
