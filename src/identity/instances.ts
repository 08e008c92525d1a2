/**
 * Instances of IAM Identity Center: of an organization, or of one account. Each has a directory of its own, the
 * identity store. Written by the service sso-admin; read by the directory, by sign-in and by the portal.
 * https://docs.aws.amazon.com/singlesignon/latest/userguide/identity-center-instances.html
 */
import { type Transaction, table } from '../store/store.ts';
import type { AddedRegion } from './instanceRegions.ts';
import type { MfaSettings } from './mfaSettings.ts';
import { isDelegatedAdministrator } from './organization.ts';

export interface Instance {
  /** `ssoins-` and 16 hexadecimal digits. */
  readonly id: string;
  /** Account that owns it: the management account, for an organization's. */
  readonly account: string;
  /** Its primary Region. */
  readonly region: string;
  /** Others that it is replicated to, by name; see instanceRegions.ts. */
  readonly regions?: Readonly<Record<string, AddedRegion>> | undefined;
  /** `d-` and 10 hexadecimal digits. */
  readonly identityStore: string;
  readonly name?: string | undefined;
  readonly created: string;
  /** Id of the organization whose accounts it gives access to. */
  readonly organization?: string | undefined;
  /** As AWS has it of a new instance, when absent. */
  readonly mfa?: MfaSettings | undefined;
  /** Under a key of the customer's, when present. */
  readonly encryption?: InstanceEncryption | undefined;
}

/** See instanceKeys.ts. */
export interface InstanceEncryption {
  /** In the primary Region. */
  readonly keyArn: string;
  /** As KMS encrypted them, base 64: of the instance, and of its directory. */
  readonly dataKeys: { readonly sso: string; readonly identitystore: string };
  /** Names the directory in the encryption context. */
  readonly tenantKeyId: string;
  readonly status: 'ENABLED' | 'UPDATING' | 'UPDATE_FAILED';
  /** Why it failed. */
  readonly reason?: string | undefined;
  /** How rows are to be kept; while that changes, some are and some are not. */
  readonly rows: 'sealed' | 'clear';
  /** While that changes: how far, by kind of row. */
  readonly moved?: Readonly<Record<string, string>> | undefined;
}

/** Index `account`: [account]. `identityStore`: [identityStore]. */
export const instances = table<Instance>('identitycenter_instance', {
  key: (instance) => [instance.id],
  indexes: {
    account: (instance) => [[instance.account]],
    identityStore: (instance) => [[instance.identityStore]],
  },
});

export const instanceArn = ({ id }: Pick<Instance, 'id'>) => `arn:aws:sso:::instance/${id}`;

export const identityStoreArn = ({ account, identityStore }: Pick<Instance, 'account' | 'identityStore'>) =>
  `arn:aws:identitystore::${account}:identitystore/${identityStore}`;

/** The service principal that administers it elsewhere: delegated administrators, trusted access. */
export const IDENTITY_CENTER = 'sso.amazonaws.com';

export async function instanceOfStore(tx: Transaction, identityStore: string): Promise<Instance | undefined> {
  return (await tx.list(instances, [identityStore], { limit: 1, index: 'identityStore' })).rows[0];
}

/** Whether an account administers the instance: its owner, and whom the organization has delegated it to. */
export async function administers(tx: Transaction, account: string, instance: Instance): Promise<boolean> {
  if (instance.account === account) return true;
  const { organization } = instance;
  return organization !== undefined && isDelegatedAdministrator(tx, organization, account, IDENTITY_CENTER);
}
