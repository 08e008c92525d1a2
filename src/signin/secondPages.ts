/** The page after the password: a code, a passkey, or a device to add. */
import type { Context } from '../core/context.ts';
import type { WireResponse } from '../core/wire.ts';
import { findUser } from '../identity/directory.ts';
import { peopleOf } from '../identity/instanceKeys.ts';
import type { MfaSettings, MfaType } from '../identity/mfaSettings.ts';
import { seedText } from '../identity/personCodes.ts';
import { deviceNameIn, typeOf } from '../identity/personCredentials.ts';
import { passkeyHolder } from './devices.ts';
import { afterwards, bad, problemIn } from './entry.ts';
import { html, type Markup, sentTo, shown } from './html.ts';
import { noSite, passkeyForm, scriptOf } from './passkeyForms.ts';
import { qrCode } from './qrCode.ts';
import { mfaOf, type Proof, prove, usableOf } from './secondFactor.ts';
import { type Site, siteOf } from './sites.ts';
import { type Step, stepOf } from './steps.ts';
import { browserCookieFor, hidden, type Visit } from './visit.ts';
import { creationOf, requestOf } from './webauthn.ts';

/** What the page is to ask. */
interface Asked {
  readonly step: Step;
  readonly settings: MfaSettings;
  /** Kinds of devices that somebody has, or may add. */
  readonly types: ReadonlySet<MfaType>;
  /** About a passkey; undefined where there is none for this address. */
  readonly options: object | undefined;
}

async function askedOf(ctx: Context, cookie: string, site: Site | undefined): Promise<Asked | undefined> {
  const step = await stepOf(ctx, cookie);
  const instance = step && (await peopleOf(ctx, step.identityStore));
  const user = step && (await findUser(ctx.store, step.identityStore, step.user));
  if (!step || !instance || !user) return undefined;
  const settings = mfaOf(instance);
  const usable = await usableOf(ctx, instance, step.user);
  const types = new Set(step.stage === 'enrol' ? settings.types : usable.map(typeOf));
  const holder = passkeyHolder(step);
  if (step.stage === 'email' || !site || !types.has('WEBAUTHN')) return { step, settings, types, options: undefined };
  const name = user.userName;
  const who = { holder, name, displayName: user.attributes.DisplayName ?? name };
  const options = await (step.stage === 'enrol'
    ? creationOf(ctx, cookie, site, who)
    : requestOf(ctx, cookie, site, holder));
  return { step, settings, types, options };
}

export async function codePage(visit: Visit, problem?: string): Promise<WireResponse> {
  const { around, token } = visit;
  const site = siteOf(around.source, around.settings);
  const asked = await around.within((ctx) => askedOf(ctx, token, site));
  if (!asked) return sentTo('/start');
  const { step, options, settings } = asked;
  const aware = settings.prompt === 'CONTEXT_AWARE';
  const cookie = aware && visit.browser === undefined ? browserCookieFor(visit) : undefined;
  const body = await (step.stage === 'enrol' ? enrolment(visit, asked, aware) : question(visit, asked, aware));
  const script = options && site && scriptOf(site);
  return shown({ title: titleOf(asked), body, problem, script, cookie, ...bad(problem) });
}

function titleOf({ step: { stage }, types }: Asked): string {
  if (stage === 'email') return 'Look into your mail';
  if (stage === 'enrol') return types.has('WEBAUTHN') ? 'Register an MFA device' : 'Add an authenticator app';
  return types.has('WEBAUTHN') ? 'Verify your identity' : 'Enter a code';
}

const trustBox = (aware: boolean, id: string) =>
  aware
    ? html`<label for="${id}"><input type="checkbox" id="${id}" name="trust" value="yes"> This is a trusted device</label>`
    : undefined;

const CODE = 'Code of your authenticator app (six digits)';

const codeForm = (visit: Visit, label: string, aware: boolean, named?: Markup) =>
  html`<form method="post" action="/start/code">${hidden(visit)}<label for="code">${label}</label>
<input id="code" name="code" inputmode="numeric" autocomplete="one-time-code" required autofocus>${named}
${trustBox(aware, 'trust')}<button>Continue</button></form>`;

async function question(visit: Visit, { step, types, options }: Asked, aware: boolean): Promise<Markup> {
  if (step.stage === 'email') return codeForm(visit, 'Code that was mailed to you (six digits)', aware);
  const asked = { action: '/start/passkey', button: 'Use a passkey or security key' };
  const inside = html`${trustBox(aware, 'trustToo')}`;
  const key = options && passkeyForm(visit, { ...asked, kind: 'get', options, inside });
  const app = types.has('TOTP') ? codeForm(visit, CODE, aware) : undefined;
  return html`${key}${app}${key || app ? undefined : noSite}`;
}

const nameField = (id: string) =>
  html`<label for="${id}">Name of the device (if you like)</label><input id="${id}" name="name" maxlength="64">`;

async function enrolment(visit: Visit, { step, types, options }: Asked, aware: boolean): Promise<Markup> {
  const text = seedText(visit.around, step.seed ?? '');
  const uri = `otpauth://totp/Gatehouse:${step.identityStore}?secret=${text}&issuer=Gatehouse`;
  const asked = { action: '/start/passkey', button: 'Register a passkey or security key' };
  const inside = html`${nameField('keyName')}${trustBox(aware, 'trustToo')}`;
  const key = options && passkeyForm(visit, { ...asked, kind: 'create', options, inside });
  const app = html`<p>Scan this picture with an authenticator app, or type in the key.</p>
${await qrCode(uri)}<p>Key: <code id="key">${text}</code></p>${codeForm(visit, CODE, aware, nameField('name'))}`;
  return html`<p>You need a second factor.</p>${key}${types.has('WEBAUTHN') && !key ? noSite : undefined}${
    types.has('TOTP') ? app : undefined
  }`;
}

export const postCode = (visit: Visit) => proved(visit, { code: (visit.form.get('code') ?? '').slice(0, 20) });

export const postPasskey = (visit: Visit) =>
  proved(visit, {
    credential: visit.form.get('credential') ?? '',
    site: siteOf(visit.around.source, visit.around.settings),
  });

async function proved(visit: Visit, proof: Proof): Promise<WireResponse> {
  const { around, token, form, browser } = visit;
  const trust = form.get('trust') === 'yes' ? browser : undefined;
  const outcome = await prove(around, token, { ...proof, name: deviceNameIn(form.get('name')), trust });
  if (outcome.kind === 'gone') return sentTo('/start');
  const wrong = proof.code === undefined ? 'The passkey could not be verified.' : 'The code is wrong, or was used.';
  return (await afterwards(visit, outcome)) ?? codePage(visit, problemIn(outcome, wrong));
}
