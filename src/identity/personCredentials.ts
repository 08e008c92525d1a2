/**
 * What people of a directory prove themselves with: a password, and an application that shows codes. The store holds a
 * verifier of the one and the sealed seed of the other. Read and written by the pages of sign-in.
 */
import { type Transaction, table } from '../store/store.ts';

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
  /** Sealed for the purpose `person-totp`. */
  readonly seed: string;
  /** ISO 8601 */
  readonly created: string;
  /** Time step of the code that was accepted last. */
  readonly lastStep: number;
}

/** Key: [identity store, user, id]. */
export const personDevices = table<PersonDevice>('person_device', {
  key: (row) => [row.identityStore, row.user, row.id],
});

export const DEVICES_MAX = 8;

export async function devicesOf(
  tx: Transaction,
  identityStore: string,
  user: string,
): Promise<readonly PersonDevice[]> {
  return (await tx.list(personDevices, [identityStore, user], { limit: DEVICES_MAX })).rows;
}

/** With the person goes what proved who it was. */
export async function forgetCredentials(tx: Transaction, identityStore: string, user: string): Promise<void> {
  await tx.remove(personPasswords, [identityStore, user]);
  for (const { id } of await devicesOf(tx, identityStore, user))
    await tx.remove(personDevices, [identityStore, user, id]);
}
