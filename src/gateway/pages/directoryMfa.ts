/**
 * The second factor of people of a directory, as an administrator sees it: the settings of the instance, and somebody's
 * devices, which may be removed and renamed when one is lost.
 * https://docs.aws.amazon.com/singlesignon/latest/userguide/mfa-configure.html
 */
import type { Context } from '../../core/context.ts';
import { CommonError } from '../../core/errors.ts';
import { type Instance, instances } from '../../identity/instances.ts';
import { type MfaSettings, STANDARD_MFA } from '../../identity/mfaSettings.ts';
import { addApp, newSeed, seedText } from '../../identity/personCodes.ts';
import { devicesOf, type PersonDevice, personDevices, removeDevice, typeOf } from '../../identity/personCredentials.ts';
import { type Asked, instancePage, userNamed } from './instancePages.ts';

export const mfaSettingsPage = instancePage('mfa', {
  GET: { action: 'sso:GetMfaDeviceManagementForDirectory', readOnly: true, run: shown },
  POST: {
    action: 'sso:PutMfaDeviceManagementForDirectory',
    readOnly: false,
    recorded: ({ body }) => ({ mfaSettings: body }),
    run: changed,
  },
});

/** `mfa-devices/USER_NAME`, `mfa-devices/DEVICE_ID/USER_NAME`. */
export const mfaDevicesPage = instancePage('mfa-devices', {
  GET: { action: 'sso-directory:ListMfaDevicesForUser', readOnly: true, run: listed },
  POST: {
    action: 'sso-directory:UpdateMfaDeviceForUser',
    readOnly: false,
    recorded: ({ id }) => ({ mfaDeviceId: deviceIn(id).device }),
    run: renamed,
  },
  DELETE: {
    action: 'sso-directory:DeleteMfaDeviceForUser',
    readOnly: false,
    recorded: ({ id }) => ({ mfaDeviceId: deviceIn(id).device }),
    run: removed,
  },
});

/** `mfa-apps/USER_NAME`: an application for somebody, by whoever has their telephone at hand. A key is shown first. */
export const mfaAppsPage = instancePage('mfa-apps', {
  GET: { action: 'sso-directory:StartVirtualMfaDeviceRegistration', readOnly: false, run: begun },
  POST: { action: 'sso-directory:CompleteVirtualMfaDeviceRegistration', readOnly: false, run: completed },
});

const settingsOf = ({ mfa = STANDARD_MFA }: Instance): MfaSettings => mfa;

async function shown(_ctx: Context, instance: Instance): Promise<object> {
  return settingsOf(instance);
}

const PROMPTS = ['ALWAYS', 'CONTEXT_AWARE', 'NEVER'] as const;
const WITHOUT = ['REGISTER', 'EMAIL', 'BLOCK', 'ALLOW'] as const;
const TYPES = ['WEBAUTHN', 'TOTP'] as const;

/** What is not said stays as it is. */
async function changed(ctx: Context, instance: Instance, { body }: Asked): Promise<object> {
  const known = new Set(['prompt', 'types', 'withoutDevice', 'selfService']);
  const unknown = Object.keys(body).find((name) => !known.has(name));
  if (unknown !== undefined) throw invalid(`There is no setting ${unknown}.`);
  const { prompt, types, withoutDevice, selfService } = { ...settingsOf(instance), ...body };
  if (typeof selfService !== 'boolean') throw invalid('selfService must be true or false.');
  const mfa: MfaSettings = {
    prompt: oneOf('prompt', PROMPTS, prompt),
    types: Array.isArray(types) ? TYPES.filter((type) => types.includes(type)) : [],
    withoutDevice: oneOf('withoutDevice', WITHOUT, withoutDevice),
    selfService,
  };
  if (mfa.types.length === 0 || mfa.types.length !== new Set(types as string[]).size) {
    throw invalid(`types must be some of ${TYPES.join(', ')}.`);
  }
  await ctx.store.replace(instances, { ...instance, mfa });
  return mfa;
}

const invalid = (message: string) => new CommonError('InvalidMfaSettings', message);

function oneOf<T extends string>(name: string, values: readonly T[], given: unknown): T {
  const found = values.find((value) => value === given);
  if (found === undefined) throw invalid(`${name} must be one of ${values.join(', ')}.`);
  return found;
}

const PURPOSE = 'mfa-registration';
const PATIENCE_MS = 600_000;

interface Registration {
  readonly user: string;
  readonly seed: string;
  /** Milliseconds. */
  readonly expires: number;
}

async function begun(ctx: Context, instance: Instance, { id }: Asked): Promise<object> {
  const user = await userNamed(ctx, instance, id);
  const seed = newSeed(ctx);
  const registration: Registration = { user: user.id, seed, expires: ctx.now.getTime() + PATIENCE_MS };
  const key = seedText(ctx, seed);
  return {
    key,
    uri: `otpauth://totp/Gatehouse:${instance.identityStore}?secret=${key}&issuer=Gatehouse`,
    registration: ctx.secrets.seal(PURPOSE, JSON.stringify(registration), ctx.random(12)),
  };
}

async function completed(ctx: Context, instance: Instance, { id, body }: Asked): Promise<object> {
  const user = await userNamed(ctx, instance, id);
  const text = ctx.secrets.open(PURPOSE, String(body.registration));
  const asked = text && (JSON.parse(text.toString('utf8')) as Registration);
  if (asked?.user !== user.id || asked.expires <= ctx.now.getTime()) {
    throw new CommonError('InvalidRegistration', 'The registration is of somebody else, or older than ten minutes.');
  }
  const person = { identityStore: user.identityStore, user: user.id, name: String(body.name ?? '') };
  if (await addApp(ctx, person, asked.seed, String(body.code))) return listed(ctx, instance, { id, body: {} });
  throw new CommonError('InvalidCode', 'The code is wrong, or the user has two applications already.');
}

const view = (device: PersonDevice) => ({
  ...{ id: device.id, name: device.name, type: typeOf(device), created: device.created },
});

async function listed(ctx: Context, instance: Instance, { id }: Asked): Promise<object> {
  const user = await userNamed(ctx, instance, id);
  return { devices: (await devicesOf(ctx.store, user.identityStore, user.id)).map(view) };
}

function deviceIn(path: string): { readonly device: string; readonly name: string } {
  const [device = '', ...name] = path.split('/');
  return { device, name: name.join('/') };
}

async function found(ctx: Context, instance: Instance, id: string): Promise<PersonDevice> {
  const { device, name } = deviceIn(id);
  const user = await userNamed(ctx, instance, name);
  const row = await ctx.store.get(personDevices, [user.identityStore, user.id, device]);
  if (!row) throw new CommonError('NotFound', 'The user has no such device.', 404);
  return row;
}

async function renamed(ctx: Context, instance: Instance, { id, body }: Asked): Promise<object> {
  const device = await found(ctx, instance, id);
  const { name } = body;
  if (typeof name !== 'string' || name.trim() === '' || name.length > 64) {
    throw new CommonError('InvalidName', 'name must have between 1 and 64 characters.');
  }
  const named = { ...device, name: name.trim() };
  await ctx.store.replace(personDevices, named);
  return view(named);
}

async function removed(ctx: Context, instance: Instance, { id }: Asked): Promise<object> {
  const device = await found(ctx, instance, id);
  await removeDevice(ctx.store, device);
  return view(device);
}
