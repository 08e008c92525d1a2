/**
 * What people of a directory prove themselves with: a password, applications that show codes, passkeys. The store holds
 * a verifier of the first, the sealed seed of the second, the public key of the third. Read and written by the pages of
 * sign-in; administrators remove devices through the plane's own pages.
 */
import type { Context } from '../core/context.ts';
import { uuid } from '../core/ids.ts';
import { everyRow } from '../store/everyRow.ts';
import { type Transaction, table } from '../store/store.ts';
import type { MfaType } from './mfaSettings.ts';
import { passkeys } from './passkeys.ts';

export interface PersonPassword {
  readonly identityStore: string;
  readonly user: string;
  /** Newest first: the one in force, then those that may not come again; see passwords.ts. */
  readonly verifiers: readonly string[];
  /** ISO 8601 */
  readonly changed: string;
}

export const personPasswords = table<PersonPassword>('person_password', {
  key: (row) => [row.identityStore, row.user],
});

export interface PersonDevice {
  readonly identityStore: string;
  readonly user: string;
  readonly id: string;
  readonly name: string;
  /** Of an application: sealed for the purpose `person-totp`. */
  readonly seed?: string;
  /** Time step of the code that was accepted last. */
  readonly lastStep?: number;
  /** Of a passkey: its credential id. */
  readonly passkey?: string;
  /** ISO 8601 */
  readonly created: string;
}

/** Key: [identity store, user, id]. */
export const personDevices = table<PersonDevice>('person_device', {
  key: (row) => [row.identityStore, row.user, row.id],
});

export const typeOf = ({ passkey }: Pick<PersonDevice, 'passkey'>): MfaType =>
  passkey === undefined ? 'TOTP' : 'WEBAUTHN';

/** Two applications, six passkeys. */
export const DEVICES_MAX: Readonly<Record<MfaType, number>> = { TOTP: 2, WEBAUTHN: 6 };

export async function devicesOf(
  tx: Transaction,
  identityStore: string,
  user: string,
): Promise<readonly PersonDevice[]> {
  const limit = DEVICES_MAX.TOTP + DEVICES_MAX.WEBAUTHN;
  return (await tx.list(personDevices, [identityStore, user], { limit })).rows;
}

export interface Person {
  readonly identityStore: string;
  readonly user: string;
  /** What a device of theirs is to be called. */
  readonly name?: string | undefined;
}

const NAMES = { TOTP: 'Authenticator app', WEBAUTHN: 'Passkey' } as const;
const NAME_LENGTH_MAX = 64;

export const deviceNameIn = (given: string | null | undefined) => (given ?? '').trim().slice(0, NAME_LENGTH_MAX);

/** A device that has proved itself. False: it is one too many of its kind. */
export async function addDevice(
  ctx: Pick<Context, 'store' | 'now' | 'random'>,
  { identityStore, user, name }: Person,
  proof: Pick<PersonDevice, 'seed' | 'lastStep' | 'passkey'>,
): Promise<boolean> {
  const type = typeOf(proof);
  const known = (await devicesOf(ctx.store, identityStore, user)).filter((device) => typeOf(device) === type);
  if (known.length >= DEVICES_MAX[type]) return false;
  const row = { identityStore, user, id: uuid(ctx), name: deviceNameIn(name) || NAMES[type], ...proof };
  return ctx.store.insert(personDevices, { ...row, created: ctx.now.toISOString() });
}

export async function removeDevice(tx: Transaction, device: PersonDevice): Promise<void> {
  if (device.passkey !== undefined) await tx.remove(passkeys, [device.passkey]);
  await tx.remove(personDevices, [device.identityStore, device.user, device.id]);
}

/** A browser at an address in which somebody wants to be asked for the password alone. */
interface TrustedBrowser {
  readonly identityStore: string;
  readonly user: string;
  /** Digest of the browser's cookie, what it calls itself, and where it is. */
  readonly context: string;
  /** Milliseconds. */
  readonly expires: number;
}

export const trustedBrowsers = table<TrustedBrowser>('person_browser', {
  key: (row) => [row.identityStore, row.user, row.context],
});

export async function forgetBrowsers(tx: Transaction, identityStore: string, user: string): Promise<void> {
  for await (const { context } of everyRow(tx, trustedBrowsers, [identityStore, user])) {
    await tx.remove(trustedBrowsers, [identityStore, user, context]);
  }
}

/** With the person goes what proved who it was. */
export async function forgetCredentials(tx: Transaction, identityStore: string, user: string): Promise<void> {
  await tx.remove(personPasswords, [identityStore, user]);
  for (const device of await devicesOf(tx, identityStore, user)) await removeDevice(tx, device);
  await forgetBrowsers(tx, identityStore, user);
}
