/**
 * The people of an identity store and their groups. Written by the service identitystore and by SCIM; read when people
 * sign in, when the portal shows what is theirs, and when permission sets are assigned.
 */
import { everyRow } from '../store/everyRow.ts';
import { type Key, type Table, type Transaction, table } from '../store/store.ts';
import { digestUnder, openedText, type RowKey, rowKeyOf, sealedText } from './instanceKeys.ts';

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

/** Index keys after the store's id, by index. */
type Names<Index extends string> = Readonly<Record<Index, readonly (readonly string[])[]>>;

const userNames = ({ userName, attributes, externalIds }: DirectoryUser): Names<UserIndex> => ({
  name: [[folded(userName)]],
  email: (attributes.Emails ?? []).flatMap(({ Value }) => (Value === undefined ? [] : [[folded(Value)]])),
  external: externalIds.map(({ Issuer, Id }) => [Issuer, Id]),
});

/** What tells who somebody is, where the instance has a key of its own: see instanceKeys.ts. */
interface Hidden<Index extends string> {
  readonly sealed: string;
  readonly digests: Names<Index>;
}

type SealedUser = Omit<DirectoryUser, 'userName' | 'externalIds' | 'attributes'> & Hidden<UserIndex>;
export type UserRow = DirectoryUser | SealedUser;

const userKeys = (row: UserRow, index: UserIndex) =>
  ('sealed' in row ? row.digests : userNames(row))[index].map((parts) => [row.identityStore, ...parts]);

/** Unique within a store, and kept so when write sets commit: `isFree` guards each of them. */
export const directoryUsers = table<UserRow>('directory_user', {
  key: (user) => [user.identityStore, user.id],
  indexes: {
    name: (user) => userKeys(user, 'name'),
    email: (user) => userKeys(user, 'email'),
    external: (user) => userKeys(user, 'external'),
  },
});

export interface DirectoryGroup extends Traces {
  readonly identityStore: string;
  readonly id: string;
  readonly name: string;
  readonly description?: string | undefined;
  readonly externalIds: readonly ExternalIdentifier[];
}

const groupNames = ({ name, externalIds }: DirectoryGroup): Names<GroupIndex> => ({
  name: [[folded(name)]],
  external: externalIds.map(({ Issuer, Id }) => [Issuer, Id]),
});

type SealedGroup = Omit<DirectoryGroup, 'name' | 'description' | 'externalIds'> & Hidden<GroupIndex>;
export type GroupRow = DirectoryGroup | SealedGroup;

const groupKeys = (row: GroupRow, index: GroupIndex) =>
  ('sealed' in row ? row.digests : groupNames(row))[index].map((parts) => [row.identityStore, ...parts]);

export const directoryGroups = table<GroupRow>('directory_group', {
  key: (group) => [group.identityStore, group.id],
  indexes: {
    name: (group) => groupKeys(group, 'name'),
    external: (group) => groupKeys(group, 'external'),
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
export type GroupIndex = 'name' | 'external';

/** As it is known by who has unlocked the directory. */
export const openedUser = (tx: Transaction, row: UserRow): DirectoryUser => opened<DirectoryUser, SealedUser>(tx, row);
export const openedGroup = (tx: Transaction, row: GroupRow): DirectoryGroup =>
  opened<DirectoryGroup, SealedGroup>(tx, row);

function opened<Row, Sealed extends { identityStore: string; sealed: string; digests: object }>(
  tx: Transaction,
  row: Row | Sealed,
): Row {
  if (!('sealed' in (row as object))) return row as Row;
  const { sealed, digests: _, ...rest } = row as Sealed;
  return { ...rest, ...openedText<object>(tx, rest.identityStore, sealed) } as Row;
}

export async function findUser(tx: Transaction, identityStore: string, id: string): Promise<DirectoryUser | undefined> {
  const row = await tx.get(directoryUsers, [identityStore, id]);
  return row && openedUser(tx, row);
}

export async function findGroup(
  tx: Transaction,
  identityStore: string,
  id: string,
): Promise<DirectoryGroup | undefined> {
  const row = await tx.get(directoryGroups, [identityStore, id]);
  return row && openedGroup(tx, row);
}

/** What writing a row takes of a context. */
type Writing = { readonly store: Transaction; readonly random: (bytes: number) => Uint8Array };

export async function keepUser({ store, random }: Writing, user: DirectoryUser): Promise<void> {
  const key = rowKeyOf(store, user.identityStore);
  if (!key?.writes) return store.replace(directoryUsers, user);
  const { userName, externalIds, attributes, ...rest } = user;
  const sealed = sealedText(key, { userName, externalIds, attributes }, random(12));
  await store.replace(directoryUsers, { ...rest, sealed, digests: digested(key, userNames(user)) });
}

export async function keepGroup({ store, random }: Writing, group: DirectoryGroup): Promise<void> {
  const key = rowKeyOf(store, group.identityStore);
  if (!key?.writes) return store.replace(directoryGroups, group);
  const { name, description, externalIds, ...rest } = group;
  const sealed = sealedText(key, { name, description, externalIds }, random(12));
  await store.replace(directoryGroups, { ...rest, sealed, digests: digested(key, groupNames(group)) });
}

const digested = <Index extends string>(key: RowKey, names: Names<Index>): Names<Index> =>
  Object.fromEntries(
    Object.entries<readonly (readonly string[])[]>(names).map(([index, all]) => [
      index,
      all.map((parts) => [digestUnder(key, index, ...parts)]),
    ]),
  ) as unknown as Names<Index>;

/** Where an index has a name: while rows come under a key or leave it, they are in both places. */
function placesOf(tx: Transaction, identityStore: string, index: UserIndex, parts: readonly string[]): Key[] {
  const plain = index === 'external' ? parts : parts.map(folded);
  const key = rowKeyOf(tx, identityStore);
  return [[identityStore, ...plain], ...(key ? [[identityStore, digestUnder(key, index, ...plain)]] : [])];
}

async function firstAt<R>(tx: Transaction, rows: Table<R>, places: readonly Key[], index: string) {
  for (const place of places) {
    const [row] = (await tx.list(rows, place, { limit: 1, index })).rows;
    if (row) return row;
  }
  return undefined;
}

/** The user that an index leads to, by its parts after the store's id. */
export async function userBy(tx: Transaction, identityStore: string, index: UserIndex, ...parts: readonly string[]) {
  const row = await firstAt(tx, directoryUsers, placesOf(tx, identityStore, index, parts), index);
  return row && openedUser(tx, row);
}

export async function groupBy(tx: Transaction, identityStore: string, index: GroupIndex, ...parts: readonly string[]) {
  const row = await firstAt(tx, directoryGroups, placesOf(tx, identityStore, index, parts), index);
  return row && openedGroup(tx, row);
}

/** Whether nobody has that name, address or external id. */
export async function isFree(
  tx: Transaction,
  identityStore: string,
  rows: typeof directoryUsers | typeof directoryGroups,
  index: UserIndex,
  ...parts: readonly string[]
): Promise<boolean> {
  for (const place of placesOf(tx, identityStore, index, parts)) {
    if (!(await tx.fits(rows as Table<unknown>, place, 1, index))) return false;
  }
  return true;
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
