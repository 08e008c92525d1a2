/**
 * The people of an identity store and their groups. Written by the service identitystore and by SCIM; read when people
 * sign in, when the portal shows what is theirs, and when permission sets are assigned.
 */
import { everyRow } from '../store/everyRow.ts';
import { type Transaction, table } from '../store/store.ts';

/** Who made or changed a row: ARN or access key of the caller. */
export interface Traces {
  readonly created: string;
  readonly createdBy: string;
  readonly updated: string;
  readonly updatedBy: string;
}

export interface ExternalIdentifier {
  readonly Issuer: string;
  readonly Id: string;
}

export interface DirectoryUser extends Traces {
  readonly identityStore: string;
  readonly id: string;
  readonly userName: string;
  readonly status: 'ENABLED' | 'DISABLED';
  readonly externalIds: readonly ExternalIdentifier[];
  /** All other attributes, as the API names them (`DisplayName`, `Name`, `Emails`, …). */
  readonly attributes: UserAttributes;
}

export interface UserAttributes {
  readonly DisplayName?: string;
  readonly Name?: { readonly GivenName?: string; readonly FamilyName?: string; readonly Formatted?: string };
  readonly Emails?: readonly { readonly Value?: string; readonly Type?: string; readonly Primary?: boolean }[];
  readonly [attribute: string]: unknown;
}

/** Names and addresses are the same whatever their case. */
const folded = (text: string) => text.toLowerCase();

/** Unique within a store, and kept so when write sets commit: `fits(…, 1, index)` guards each of them. */
export const directoryUsers = table<DirectoryUser>('directory_user', {
  key: (user) => [user.identityStore, user.id],
  indexes: {
    name: (user) => [[user.identityStore, folded(user.userName)]],
    email: (user) =>
      (user.attributes.Emails ?? []).flatMap(({ Value }) =>
        Value === undefined ? [] : [[user.identityStore, folded(Value)]],
      ),
    external: (user) => user.externalIds.map(({ Issuer, Id }) => [user.identityStore, Issuer, Id]),
  },
});

export interface DirectoryGroup extends Traces {
  readonly identityStore: string;
  readonly id: string;
  readonly name: string;
  readonly description?: string | undefined;
  readonly externalIds: readonly ExternalIdentifier[];
}

export const directoryGroups = table<DirectoryGroup>('directory_group', {
  key: (group) => [group.identityStore, group.id],
  indexes: {
    name: (group) => [[group.identityStore, folded(group.name)]],
    external: (group) => group.externalIds.map(({ Issuer, Id }) => [group.identityStore, Issuer, Id]),
  },
});

export interface DirectoryMembership extends Traces {
  readonly identityStore: string;
  readonly id: string;
  readonly group: string;
  readonly user: string;
}

/** Index `group`: [identityStore, group]. `user`: [identityStore, user]. `pair`: [identityStore, group, user]. */
export const directoryMemberships = table<DirectoryMembership>('directory_membership', {
  key: (membership) => [membership.identityStore, membership.id],
  indexes: {
    group: (membership) => [[membership.identityStore, membership.group]],
    user: (membership) => [[membership.identityStore, membership.user]],
    pair: (membership) => [[membership.identityStore, membership.group, membership.user]],
  },
});

export type UserIndex = 'name' | 'email' | 'external';

/** The user that an index leads to, by its parts after the store's id. */
export async function userBy(tx: Transaction, identityStore: string, index: UserIndex, ...parts: readonly string[]) {
  const key = [identityStore, ...(index === 'external' ? parts : parts.map(folded))];
  return (await tx.list(directoryUsers, key, { limit: 1, index })).rows[0];
}

export async function groupBy(
  tx: Transaction,
  identityStore: string,
  index: 'name' | 'external',
  ...parts: readonly string[]
) {
  const key = [identityStore, ...(index === 'external' ? parts : parts.map(folded))];
  return (await tx.list(directoryGroups, key, { limit: 1, index })).rows[0];
}

/** Whether nobody else has that name (or address): `own` is the user that may have it already. */
export async function isFree(
  tx: Transaction,
  identityStore: string,
  kind: 'user' | 'group',
  index: 'name' | 'email',
  value: string,
): Promise<boolean> {
  const key = [identityStore, folded(value)];
  return kind === 'user' ? tx.fits(directoryUsers, key, 1, index) : tx.fits(directoryGroups, key, 1, index);
}

export async function membershipOf(tx: Transaction, identityStore: string, group: string, user: string) {
  return (await tx.list(directoryMemberships, [identityStore, group, user], { limit: 1, index: 'pair' })).rows[0];
}

/** Ids of all groups that a user is in. */
export async function groupsOf(tx: Transaction, identityStore: string, user: string): Promise<string[]> {
  const groups: string[] = [];
  for await (const { group } of everyRow(tx, directoryMemberships, [identityStore, user], 'user')) groups.push(group);
  return groups;
}
