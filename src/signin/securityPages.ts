/**
 * Security credentials: the page on which IAM users and root users see, add and remove their MFA devices and access
 * keys. Each deed is an operation of IAM in the name of whoever is signed in, permitted and recorded as any other.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa_enable-overview.html
 */
import type { WireResponse } from '../core/wire.ts';
import { html, type Markup, sentTo, shown } from './html.ts';
import { asSelf, HOME, OUT, textOf } from './oneself.ts';
import { noSite, passkeyForm, scriptOf } from './passkeyForms.ts';
import { qrCode } from './qrCode.ts';
import { addressPart } from './rootAddress.ts';
import { siteOf } from './sites.ts';
import { hidden, type Visit } from './visit.ts';
import { creationOf, made } from './webauthn.ts';

interface Listed {
  readonly MFADevices: readonly { readonly SerialNumber: string; readonly EnableDate?: Date }[];
}

export async function securityPage(visit: Visit, problem?: string): Promise<WireResponse> {
  const listed = await asSelf(visit, ({ ask }) => ask<Listed>('ListMFADevices', {}));
  if (!listed) return OUT;
  const known = 'done' in listed ? listed.done.MFADevices : [];
  const items = known.map(
    ({ SerialNumber, EnableDate }) => html`<li><code>${SerialNumber}</code> ${EnableDate?.toISOString().slice(0, 10)}
<form method="post" action="${HOME}/remove">${hidden(visit, { serial: SerialNumber })}
<button aria-label="Remove ${SerialNumber}">Remove</button></form></li>`,
  );
  const body = html`<h2>MFA devices (${known.length} of 8)</h2><ul>${items}</ul>
<h2>Add a device</h2>${addForm(visit, 'app', 'Authenticator app')}${
    siteOf(visit.around.source, visit.around.settings) ? addForm(visit, 'passkey', 'Passkey or security key') : noSite
  }${await keysPart(visit)}${await addressPart(visit)}<p><a href="/signin/home">Back</a></p>`;
  const told = problem ?? ('problem' in listed ? listed.problem : undefined);
  return shown({ title: 'Security credentials', body, problem: told, ...(told !== undefined && { status: 400 }) });
}

interface Keys {
  readonly AccessKeyMetadata: readonly { readonly AccessKeyId: string; readonly Status: string }[];
}

async function keysPart(visit: Visit): Promise<Markup> {
  const listed = await asSelf(visit, ({ ask }) => ask<Keys>('ListAccessKeys', {}));
  if (!listed || 'problem' in listed) return html`<h2>Access keys</h2><p>${listed?.problem}</p>`;
  const items = listed.done.AccessKeyMetadata.map(({ AccessKeyId: key, Status }) => {
    const other = Status === 'Active' ? 'Inactive' : 'Active';
    const verb = Status === 'Active' ? 'Deactivate' : 'Activate';
    return html`<li><code>${key}</code> ${Status}
<form method="post" action="${HOME}/key">${hidden(visit, { key, status: other })}
<button aria-label="${verb} ${key}">${verb}</button></form>
<form method="post" action="${HOME}/key/delete">${hidden(visit, { key })}
<button aria-label="Delete ${key}">Delete</button></form></li>`;
  });
  return html`<h2>Access keys (${items.length})</h2><ul>${items}</ul>`;
}

/** A key is switched on or off, or goes for ever. */
export async function postKey(visit: Visit): Promise<WireResponse> {
  const AccessKeyId = textOf(visit, 'key');
  const [operation, input] = visit.path.endsWith('/delete')
    ? ['DeleteAccessKey', { AccessKeyId }]
    : ['UpdateAccessKey', { AccessKeyId, Status: textOf(visit, 'status') }];
  const changed = await asSelf(visit, ({ ask }) => ask(operation, input));
  if (!changed) return OUT;
  return 'problem' in changed ? securityPage(visit, changed.problem) : sentTo(HOME);
}

const addForm = (visit: Visit, kind: 'app' | 'passkey', label: string): Markup =>
  html`<form method="post" action="${HOME}/${kind}">${hidden(visit)}
<label for="${kind}">Device name</label><input id="${kind}" name="name" maxlength="64" required>
<button>${label}</button></form>`;

interface Virtual {
  readonly VirtualMFADevice: { readonly SerialNumber: string; readonly Base32StringSeed: Uint8Array };
}

/** A virtual device is made, and its two codes are asked for. */
export async function postApp(visit: Visit): Promise<WireResponse> {
  const VirtualMFADeviceName = textOf(visit, 'name');
  const made = await asSelf(visit, ({ ask }) => ask<Virtual>('CreateVirtualMFADevice', { VirtualMFADeviceName }));
  if (!made) return OUT;
  if ('problem' in made) return securityPage(visit, made.problem);
  const { SerialNumber, Base32StringSeed } = made.done.VirtualMFADevice;
  const key = Buffer.from(Base32StringSeed).toString();
  const uri = `otpauth://totp/${encodeURIComponent(SerialNumber)}?secret=${key}&issuer=Gatehouse`;
  return codesPage(
    visit,
    SerialNumber,
    html`<p>Scan this picture with an authenticator app, or type in the key.</p>
${await qrCode(uri)}<p>Key: <code id="key">${key}</code></p>`,
  );
}

function codesPage(visit: Visit, serial: string, picture?: Markup, problem?: string): WireResponse {
  const field = (id: string, label: string, focus?: Markup) => html`<label for="${id}">${label}</label>
<input id="${id}" name="${id}" inputmode="numeric" autocomplete="one-time-code" required${focus}>`;
  const body = html`${picture}<form method="post" action="${HOME}/app/enable">${hidden(visit, { serial })}
${field('code1', 'A code', html` autofocus`)}${field('code2', 'The code after it')}<button>Add the device</button></form>
<form method="post" action="${HOME}/app/cancel">${hidden(visit, { serial })}<button>Cancel</button></form>`;
  return shown({ title: 'Add an authenticator app', body, problem, ...(problem !== undefined && { status: 400 }) });
}

export async function postAppCodes(visit: Visit): Promise<WireResponse> {
  const SerialNumber = textOf(visit, 'serial');
  const AuthenticationCode1 = textOf(visit, 'code1');
  const AuthenticationCode2 = textOf(visit, 'code2');
  const enabled = await asSelf(visit, ({ ask, name: UserName }) =>
    ask('EnableMFADevice', { UserName, SerialNumber, AuthenticationCode1, AuthenticationCode2 }),
  );
  if (!enabled) return OUT;
  return 'problem' in enabled ? codesPage(visit, SerialNumber, undefined, enabled.problem) : sentTo(HOME);
}

/** Nobody wants the device that was made: its name is free again. */
export async function postAppCancelled(visit: Visit): Promise<WireResponse> {
  const SerialNumber = textOf(visit, 'serial');
  const deleted = await asSelf(visit, ({ ask }) => ask('DeleteVirtualMFADevice', { SerialNumber }));
  if (!deleted) return OUT;
  return 'problem' in deleted ? securityPage(visit, deleted.problem) : sentTo(HOME);
}

/** What the browser shall make is asked for, if that is permitted. */
export async function postPasskey(visit: Visit): Promise<WireResponse> {
  const { source, settings } = visit.around;
  const site = siteOf(source, settings);
  const name = textOf(visit, 'name');
  if (!site) return securityPage(visit);
  const begun = await asSelf(visit, async ({ ask, caller, name: user, handle }, ctx) => {
    await ask('BeginPasskey', {});
    const shownAs = caller.type === 'Root' ? `Root user of ${user}` : `${user} in ${caller.account}`;
    return creationOf(ctx, visit.token, site, { holder: handle, name: shownAs, displayName: shownAs });
  });
  if (!begun) return OUT;
  if ('problem' in begun) return securityPage(visit, begun.problem);
  const body = html`<p>Your browser makes the passkey, or asks for the security key.</p>${passkeyForm(visit, {
    ...{ action: `${HOME}/passkey/made`, kind: 'create', options: begun.done },
    ...{ button: 'Continue', values: { name } },
  })}<p><a href="${HOME}">Back</a></p>`;
  return shown({ title: 'Add a passkey or security key', body, script: scriptOf(site) });
}

const UNBELIEVED = 'The passkey could not be verified. Try again.';

export async function postPasskeyMade(visit: Visit): Promise<WireResponse> {
  const { source, settings } = visit.around;
  const site = siteOf(source, settings);
  const name = textOf(visit, 'name');
  const answer = visit.form.get('credential') ?? '';
  // The question is used up for good, also when IAM refuses what it led to.
  const passkey = await asSelf(visit, ({ handle }, ctx) => made(ctx, visit.token, site, handle, answer));
  if (!passkey) return OUT;
  if ('problem' in passkey || !passkey.done) return securityPage(visit, UNBELIEVED);
  const enabled = await asSelf(visit, ({ ask }) => ask('EnablePasskey', { name, passkey: passkey.done }));
  if (!enabled) return OUT;
  return 'problem' in enabled ? securityPage(visit, enabled.problem) : sentTo(HOME);
}

/** A virtual device is deleted too, by whoever may. */
export async function postRemove(visit: Visit): Promise<WireResponse> {
  const SerialNumber = textOf(visit, 'serial');
  const removed = await asSelf(visit, ({ ask }) => ask('DeactivateMFADevice', { SerialNumber }));
  if (!removed) return OUT;
  if ('problem' in removed) return securityPage(visit, removed.problem);
  if (SerialNumber.includes(':mfa/')) {
    await asSelf(visit, ({ ask }) => ask('DeleteVirtualMFADevice', { SerialNumber }));
  }
  return sentTo(HOME);
}
