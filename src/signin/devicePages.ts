/**
 * The page on which people of a directory see, name, add and remove their MFA devices, where their administrator leaves
 * that to them. https://docs.aws.amazon.com/singlesignon/latest/userguide/user-device-registration.html
 */
import type { Context } from '../core/context.ts';
import type { WireResponse } from '../core/wire.ts';
import { attempt, succeeded } from '../identity/attempts.ts';
import type { MfaType } from '../identity/mfaSettings.ts';
import { addApp, newSeed, seedText } from '../identity/personCodes.ts';
import {
  DEVICES_MAX,
  deviceNameIn,
  devicesOf,
  type PersonDevice,
  personDevices,
  removeDevice,
  typeOf,
} from '../identity/personCredentials.ts';
import { type SignedIn, visitorBy } from '../identity/portalSessions.ts';
import { asked, askedOf } from './ceremonies.ts';
import { addPasskey, passkeyHolder, recordDeviceDeed } from './devices.ts';
import { bad, problemPage } from './entry.ts';
import { html, type Markup, sentTo, shown } from './html.ts';
import { noSite, passkeyForm, scriptOf } from './passkeyForms.ts';
import { qrCode } from './qrCode.ts';
import { mfaOf } from './secondFactor.ts';
import { siteOf } from './sites.ts';
import { hidden, type Visit } from './visit.ts';
import { creationOf } from './webauthn.ts';

const HOME = '/start/devices';

/** Whether somebody may do anything here. */
export const managesDevices = ({ instance }: SignedIn): boolean => {
  const { prompt, selfService } = mfaOf(instance);
  return prompt !== 'NEVER' && selfService;
};

type Deed<T> = (ctx: Context, person: SignedIn) => Promise<T>;

/** In the name of who is signed in, if that person may; else where to go instead. */
async function asPerson<T>(
  { around, token }: Visit,
  deed: Deed<T>,
): Promise<{ readonly done: T } | { readonly instead: WireResponse }> {
  return around.within(async (ctx) => {
    const person = await visitorBy(ctx, token);
    if (!person) return { instead: sentTo('/start') };
    if (managesDevices(person)) return { done: await deed(ctx, person) };
    return { instead: problemPage('MFA devices', 'Your administrator registers and removes devices for you.', 403) };
  });
}

const ownDevices: Deed<readonly PersonDevice[]> = (ctx, { user }) => devicesOf(ctx.store, user.identityStore, user.id);

const KINDS: Readonly<Record<MfaType, string>> = { TOTP: 'Authenticator app', WEBAUTHN: 'Passkey or security key' };

export async function devicesPage(visit: Visit, problem?: string): Promise<WireResponse> {
  const listed = await asPerson(visit, async (ctx, person) => ({
    devices: await ownDevices(ctx, person),
    types: mfaOf(person.instance).types,
  }));
  if ('instead' in listed) return listed.instead;
  const { devices, types } = listed.done;
  const site = siteOf(visit.around.source, visit.around.settings);
  const adding = types.map((type) => {
    if (devices.filter((device) => typeOf(device) === type).length >= DEVICES_MAX[type]) return undefined;
    if (type === 'WEBAUTHN' && !site) return noSite;
    const action = `${HOME}/${type === 'TOTP' ? 'app' : 'passkey'}`;
    return html`<form method="post" action="${action}">${hidden(visit)}<button>Add: ${KINDS[type]}</button></form>`;
  });
  const body = html`<h2>Your devices (${devices.length})</h2><ul>${devices.map((device) => item(visit, device))}</ul><h2>Register a device</h2>${adding}
<p><a href="/start">Back to the access portal</a></p>`;
  return shown({ title: 'MFA devices', body, problem, ...bad(problem) });
}

const item = (visit: Visit, device: PersonDevice): Markup => {
  const { id, name, created } = device;
  return html`<li><h3>${name}</h3><p>${KINDS[typeOf(device)]}, since ${created.slice(0, 10)}</p>
<form method="post" action="${HOME}/rename">${hidden(visit, { device: id })}
<label for="name-${id}">Another name</label><input id="name-${id}" name="name" maxlength="64" required>
<button aria-label="Rename ${name}">Rename</button></form>
<form method="post" action="${HOME}/remove">${hidden(visit, { device: id })}
<button aria-label="Remove ${name}">Remove</button></form></li>`;
};

const meant = (devices: readonly PersonDevice[], { form }: Visit) =>
  devices.find(({ id }) => id === form.get('device'));

export async function postRename(visit: Visit): Promise<WireResponse> {
  const name = deviceNameIn(visit.form.get('name'));
  const renamed = await asPerson(visit, async (ctx, person) => {
    const device = meant(await ownDevices(ctx, person), visit);
    if (!device || name === '') return;
    await ctx.store.replace(personDevices, { ...device, name });
    recordDeviceDeed(ctx, person, 'UpdateMfaDeviceForUser', { mfaDeviceId: device.id });
  });
  return 'instead' in renamed ? renamed.instead : sentTo(HOME);
}

export async function postRemove(visit: Visit): Promise<WireResponse> {
  const removed = await asPerson(visit, async (ctx, person) => {
    const device = meant(await ownDevices(ctx, person), visit);
    if (!device) return;
    await removeDevice(ctx.store, device);
    recordDeviceDeed(ctx, person, 'DeleteMfaDeviceForUser', { mfaDeviceId: device.id });
  });
  return 'instead' in removed ? removed.instead : sentTo(HOME);
}

/** A seed is shown, and a code of it asked for. */
export async function postApp(visit: Visit): Promise<WireResponse> {
  const begun = await asPerson(visit, async (ctx, person) => {
    recordDeviceDeed(ctx, person, 'StartVirtualMfaDeviceRegistration');
    return asked(ctx, visit.token, 'seed', newSeed(ctx));
  });
  return 'instead' in begun ? begun.instead : appPage(visit, begun.done);
}

async function appPage(visit: Visit, seed: string, problem?: string): Promise<WireResponse> {
  const key = seedText(visit.around, seed);
  const body = html`<p>Scan this picture with an authenticator app, or type in the key.</p>
${await qrCode(`otpauth://totp/Gatehouse?secret=${key}&issuer=Gatehouse`)}<p>Key: <code id="key">${key}</code></p>
<form method="post" action="${HOME}/app/made">${hidden(visit)}<label for="code">Code that it shows (six digits)</label>
<input id="code" name="code" inputmode="numeric" autocomplete="one-time-code" required autofocus>
<label for="name">Name of the device (if you like)</label><input id="name" name="name" maxlength="64">
<button>Assign the device</button></form><p><a href="${HOME}">Back</a></p>`;
  return shown({ title: 'Set up the authenticator app', body, problem, ...bad(problem) });
}

export async function postAppMade(visit: Visit): Promise<WireResponse> {
  const { form, token } = visit;
  const tried = await asPerson(visit, async (ctx, person) => {
    const seed = await askedOf(ctx, token, 'seed');
    const counted = ['code', person.user.identityStore, person.user.id];
    if (seed === undefined || (await attempt(ctx, ...counted)) > 0) return undefined;
    if (!(await addApp(ctx, personOf(person, form), seed, (form.get('code') ?? '').slice(0, 20)))) return { seed };
    await succeeded(ctx, ...counted);
    recordDeviceDeed(ctx, person, 'CompleteVirtualMfaDeviceRegistration');
    return {};
  });
  if ('instead' in tried) return tried.instead;
  if (!tried.done) return devicesPage(visit, 'It took too long, or there were too many attempts. Begin again.');
  return tried.done.seed ? appPage(visit, tried.done.seed, 'The code is wrong.') : sentTo(HOME);
}

const personOf = ({ user }: SignedIn, form: URLSearchParams) => ({
  ...{ identityStore: user.identityStore, user: user.id },
  name: form.get('name') ?? undefined,
});

export async function postPasskey(visit: Visit): Promise<WireResponse> {
  const site = siteOf(visit.around.source, visit.around.settings);
  if (!site) return devicesPage(visit);
  const begun = await asPerson(visit, async (ctx, person) => {
    const { user } = person;
    recordDeviceDeed(ctx, person, 'StartWebAuthnDeviceRegistration');
    const holder = passkeyHolder({ identityStore: user.identityStore, user: user.id });
    const name = user.userName;
    return creationOf(ctx, visit.token, site, { holder, name, displayName: user.attributes.DisplayName ?? name });
  });
  if ('instead' in begun) return begun.instead;
  const body = html`${passkeyForm(visit, {
    ...{ action: `${HOME}/passkey/made`, kind: 'create', options: begun.done, button: 'Continue' },
    inside: html`<label for="name">Name of the device (if you like)</label><input id="name" name="name" maxlength="64">`,
  })}<p><a href="${HOME}">Back</a></p>`;
  return shown({ title: 'Register your passkey or security key', body, script: scriptOf(site) });
}

export async function postPasskeyMade(visit: Visit): Promise<WireResponse> {
  const { form, token, around } = visit;
  const site = siteOf(around.source, around.settings);
  const made = await asPerson(visit, async (ctx, person) => {
    const right = await addPasskey(ctx, personOf(person, form), token, site, form.get('credential') ?? '');
    if (right) recordDeviceDeed(ctx, person, 'CompleteWebAuthnDeviceRegistration');
    return right;
  });
  if ('instead' in made) return made.instead;
  return made.done ? sentTo(HOME) : devicesPage(visit, 'The passkey could not be verified. Try again.');
}
