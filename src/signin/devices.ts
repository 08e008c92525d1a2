/** Devices of people of a directory: how one is added, when it proved itself, and what is recorded of it. */
import type { Context } from '../core/context.ts';
import { uuid } from '../core/ids.ts';
import { record } from '../core/ownRecords.ts';
import { holderOf, passkeys } from '../identity/passkeys.ts';
import { DEVICES_MAX, devicesOf, type PersonDevice, personDevices, typeOf } from '../identity/personCredentials.ts';
import { personIdentity, type SignedIn } from '../identity/portalSessions.ts';
import { firstStep } from './codes.ts';
import type { Site } from './sites.ts';
import { made } from './webauthn.ts';

interface Person {
  readonly identityStore: string;
  readonly user: string;
  /** What the device is to be called. */
  readonly name?: string | undefined;
}

export const passkeyHolder = ({ identityStore, user }: Person) => holderOf(identityStore, user);

/** An application with this seed, sealed, that shows this code. False: the code is wrong, or it is one too many. */
export async function addedApp(ctx: Context, person: Person, seed: string, code: string): Promise<boolean> {
  const lastStep = firstStep(ctx, seed, code);
  return lastStep !== undefined && added(ctx, person, { seed, lastStep });
}

/** A passkey that a browser made when it was asked to. */
export async function addedPasskey(
  ctx: Context,
  person: Person,
  cookie: string,
  site: Site | undefined,
  answer: string,
): Promise<boolean> {
  const passkey = await made(ctx, cookie, site, passkeyHolder(person), answer);
  if (!passkey || !(await added(ctx, person, { passkey: passkey.id }))) return false;
  if (await ctx.store.insert(passkeys, passkey)) return true;
  throw new Error('A passkey of somebody else has the same id.');
}

const NAMES = { TOTP: 'Authenticator app', WEBAUTHN: 'Passkey' } as const;

export const nameIn = (given: string | undefined) => (given ?? '').trim().slice(0, 64);

async function added(
  ctx: Context,
  { identityStore, user, name }: Person,
  proof: Pick<PersonDevice, 'seed' | 'lastStep' | 'passkey'>,
): Promise<boolean> {
  const type = typeOf(proof);
  const known = (await devicesOf(ctx.store, identityStore, user)).filter((device) => typeOf(device) === type);
  if (known.length >= DEVICES_MAX[type]) return false;
  const row = { identityStore, user, id: uuid(ctx), name: nameIn(name) || NAMES[type], ...proof };
  return ctx.store.insert(personDevices, { ...row, created: ctx.now.toISOString() });
}

/** As AWS records what people do with their devices on the pages of the portal. */
export function recordDeviceDeed(
  ctx: Context,
  { instance, user }: SignedIn,
  eventName: string,
  more: Readonly<Record<string, string>> = {},
): void {
  const { account, region, identityStore } = instance;
  record(ctx, {
    ...{ account, region, readOnly: false, eventSource: 'sso-directory.amazonaws.com', eventName },
    userIdentity: personIdentity(instance, user),
    requestParameters: { identityStoreId: identityStore, userId: user.id, ...more },
    responseElements: null,
  });
}
