/** The first start: the management account, its root user and one root access key. */
import { accessKeyId, secretAccessKey } from '../core/ids.ts';
import type { Secrets } from '../core/secrets.ts';
import type { Store, Transaction } from '../store/store.ts';
import { table } from '../store/store.ts';
import { accounts } from './organization.ts';
import { accessKeys } from './principals.ts';

export interface RootKey {
  readonly id: string;
  readonly secret: string;
}

interface Plane {
  readonly id: 'plane';
  readonly managementAccount: string;
  /** A known text under the root key: tells whether the store and the root key belong together. */
  readonly seal: string;
  /** The first root access key while nobody has been told its secret: the first start may end before that. */
  readonly untold?: string;
}

const planes = table<Plane>('plane', { key: (p) => [p.id] });
const SEALED = 'gatehouse';

export interface Beginning {
  /** Of the management account to make, or that must have been made; FIRST_ACCOUNT is made when absent. */
  readonly accountId: string | undefined;
  readonly now: Date;
  readonly random: (bytes: number) => Uint8Array;
  readonly secrets: Secrets;
  /** The root access key to make; made up when absent. */
  readonly rootKey: RootKey | undefined;
}

/** The management account of a plane whose operator chose none. */
const FIRST_ACCOUNT = '000000000001';

/** What this store cannot be opened with. The message says what to do. */
export class GenesisError extends Error {}

/**
 * Makes the management account if the store has none. Returns its id, and the root access key until `told` is called.
 * Throws GenesisError if the store was sealed under another root key, or begun with another account or root access key.
 */
export function begin(store: Store, by: Beginning): Promise<{ account: string; made?: RootKey }> {
  return store.transaction(async (tx) => {
    const plane = await tx.get(planes, ['plane']);
    if (!plane) {
      const account = by.accountId ?? FIRST_ACCOUNT;
      return { account, made: await makeAccount(tx, account, by) };
    }
    if (by.secrets.open('plane', plane.seal)?.toString() !== SEALED) {
      throw new GenesisError(
        'This store was sealed under another root key. Start with the --data folder it was made with.',
      );
    }
    if (by.accountId !== undefined && by.accountId !== plane.managementAccount) {
      throw new GenesisError(
        `The management account is chosen at the first start; this store's is ${plane.managementAccount}. Leave out --account-id.`,
      );
    }
    await requireSameRootKey(tx, plane.managementAccount, by);
    const made = plane.untold === undefined ? undefined : await keyOf(tx, plane.untold, by.secrets);
    return { account: plane.managementAccount, ...(made && { made }) };
  });
}

/** The root access key has reached the operator: `begin` does not give it out again. */
export function told(store: Store): Promise<void> {
  return store.transaction(async (tx) => {
    const plane = await tx.get(planes, ['plane']);
    if (plane?.untold === undefined) return;
    const { untold: _told, ...rest } = plane;
    await tx.replace(planes, rest);
  });
}

async function keyOf(tx: Transaction, id: string, secrets: Secrets): Promise<RootKey | undefined> {
  const row = await tx.get(accessKeys, [id]);
  const secret = row && secrets.open('access-key', row.secret)?.toString();
  return secret === undefined ? undefined : { id, secret };
}

async function makeAccount(tx: Transaction, account: string, by: Beginning): Promise<RootKey> {
  const created = by.now.toISOString();
  const key = by.rootKey ?? { id: accessKeyId('AKIA', account, by), secret: secretAccessKey(by) };
  await tx.insert(planes, {
    id: 'plane',
    managementAccount: account,
    seal: by.secrets.seal('plane', SEALED, by.random(12)),
    untold: key.id,
  });
  await tx.insert(accounts, {
    id: account,
    name: 'management',
    email: `root@${account}.example`,
    created,
    status: 'ACTIVE',
    attachments: {},
  });
  await tx.insert(accessKeys, {
    id: key.id,
    account: account,
    secret: by.secrets.seal('access-key', key.secret, by.random(12)),
    status: 'Active',
    created,
  });
  return key;
}

async function requireSameRootKey(tx: Transaction, account: string, { rootKey, secrets }: Beginning): Promise<void> {
  if (!rootKey) return;
  const row = await tx.get(accessKeys, [rootKey.id]);
  const same = row?.account === account && row.userName === undefined;
  if (same && (await keyOf(tx, rootKey.id, secrets))?.secret === rootKey.secret) return;
  throw new GenesisError(
    'The root access key is chosen at the first start; this store has another one. Leave out --root-access-key-id.',
  );
}
