/**
 * Permission sets of IAM Identity Center: what they grant, whom they are assigned to in which account, and the role
 * that stands for each in an account. Written by the service sso-admin; read by the portal.
 * https://docs.aws.amazon.com/singlesignon/latest/userguide/permissionsetsconcept.html
 */
import type { Tag } from '../core/operation.ts';
import { type Giver, later } from '../core/tasks.ts';
import { everyRow } from '../store/everyRow.ts';
import { type Transaction, table } from '../store/store.ts';
import { groupsOf } from './directory.ts';
import type { Instance } from './instances.ts';
import { type Account, accounts, isClosed, type Organization } from './organization.ts';

export interface PermissionSet {
  /** Id of the instance. */
  readonly instance: string;
  /** `ps-` and 16 hexadecimal digits. */
  readonly id: string;
  readonly name: string;
  readonly description?: string | undefined;
  /** ISO 8601: `PT1H`. */
  readonly sessionDuration: string;
  readonly relayState?: string | undefined;
  readonly created: string;
  /** ARNs, in the order of attachment. */
  readonly managedPolicies: readonly string[];
  /** Policies that each account has under this name and path. */
  readonly customerPolicies: readonly PolicyReference[];
  readonly inlinePolicy?: string | undefined;
  readonly boundary?: { readonly managedPolicy: string } | { readonly customerPolicy: PolicyReference } | undefined;
  readonly tags: readonly Tag[];
  /** Grows with every change of what its roles are made of. */
  readonly version: number;
}

export interface PolicyReference {
  readonly name: string;
  readonly path: string;
}

/** Index `name`: [instance, name]. */
export const permissionSets = table<PermissionSet>('identitycenter_permission_set', {
  key: (set) => [set.instance, set.id],
  indexes: { name: (set) => [[set.instance, set.name]] },
});

export const permissionSetArn = ({ instance, id }: Pick<PermissionSet, 'instance' | 'id'>) =>
  `arn:aws:sso:::permissionSet/${instance}/${id}`;

/** A permission set as it stands in an account: a role. */
export interface Provisioned {
  readonly instance: string;
  readonly account: string;
  readonly permissionSet: string;
  /** Name of the role: `AWSReservedSSO_Name_0123456789abcdef`. */
  readonly role: string;
  /** Of the permission set that the role was made of. */
  readonly version: number;
}

/** Index `set`: [instance, permission set]. */
export const provisionedSets = table<Provisioned>('identitycenter_provisioned', {
  key: (row) => [row.instance, row.account, row.permissionSet],
  indexes: { set: (row) => [[row.instance, row.permissionSet, row.account]] },
});

export type AssigneeType = 'USER' | 'GROUP';

export interface Assignment {
  readonly instance: string;
  readonly account: string;
  readonly permissionSet: string;
  readonly principalType: AssigneeType;
  /** Id of the user or group in the directory. */
  readonly principal: string;
  readonly created: string;
}

/** Index `principal`: [instance, type, principal, account, permission set]. `set`: [instance, permission set]. */
export const assignments = table<Assignment>('identitycenter_assignment', {
  key: (row) => [row.instance, row.account, row.permissionSet, row.principalType, row.principal],
  indexes: {
    principal: (row) => [[row.instance, row.principalType, row.principal, row.account, row.permissionSet]],
    set: (row) => [[row.instance, row.permissionSet]],
  },
});

/** All that a user of the directory is assigned, by name or through groups; of one account, or of all. */
export async function assignmentsOf(
  tx: Transaction,
  instance: Instance,
  user: string,
  account?: string,
): Promise<Assignment[]> {
  const found: Assignment[] = [];
  const within = account === undefined ? [] : [account];
  const own = [instance.id, 'USER', user, ...within];
  for await (const row of everyRow(tx, assignments, own, 'principal')) found.push(row);
  for (const group of await groupsOf(tx, instance.identityStore, user)) {
    const key = [instance.id, 'GROUP', group, ...within];
    for await (const row of everyRow(tx, assignments, key, 'principal')) found.push(row);
  }
  return found;
}

/** An account that an instance gives access to: of its organization, as long as it is in there, and not closed. */
export async function accountWithin(
  tx: Transaction,
  { organization }: Pick<Instance, 'organization'>,
  id: string,
  now: Date,
): Promise<Account | undefined> {
  const account = await tx.get(accounts, [id]);
  const isOf = organization !== undefined && account?.organization === organization;
  return isOf && !isClosed(account, now) ? account : undefined;
}

export interface Departure {
  readonly organization: string;
  readonly management: string;
  readonly account: string;
}

export const DEPARTURE = 'sso.departure';

/** Owes that an account which has left its organization is rid of the roles and assignments that it had there. */
export const oweDeparture = (ctx: Giver, { id: organization, management }: Organization, account: string) =>
  later<Departure>(ctx, { kind: DEPARTURE, body: { organization, management, account }, lane: `sso:${account}` });
