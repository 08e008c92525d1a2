/**
 * What an instance of IAM Identity Center keeps under a key of the customer's. Each of its two services, the directory
 * and the instance itself, has a data key that KMS encrypted under that key. Whoever works with what lies under it has
 * KMS decrypt it, with permission of their own through the service or in the service's name: for each write set anew,
 * so that a key which is disabled, or whose policy says no, shuts the directory at once.
 * https://docs.aws.amazon.com/singlesignon/latest/userguide/encryption-at-rest.html
 */
import { createHmac, hkdfSync } from 'node:crypto';
import { type Context, servicePrincipal } from '../core/context.ts';
import { decryptDataKey, decryptUnder, encryptUnder } from '../core/dataKeys.ts';
import type { Transaction } from '../store/store.ts';
import { isServedIn } from './instanceRegions.ts';
import { type Instance, type InstanceEncryption, identityStoreArn, instanceArn, instanceOfStore } from './instances.ts';

export type Keeper = keyof InstanceEncryption['dataKeys'];

/** Why KMS does not let anybody at the data. */
export type KeyTrouble = 'AccessDenied' | 'Disabled' | 'InvalidKeyUsage' | 'InvalidState' | 'NotFound';

const TROUBLES: Readonly<Record<string, KeyTrouble>> = {
  AccessDenied: 'AccessDenied',
  AccessDeniedException: 'AccessDenied',
  DisabledException: 'Disabled',
  InvalidKeyUsageException: 'InvalidKeyUsage',
  KMSInvalidStateException: 'InvalidState',
  KeyUnavailableException: 'InvalidState',
  NotFoundException: 'NotFound',
};

/** Each front says it in its own words: see `worded`. */
export class KeyRefused extends Error {
  override readonly name = 'KeyRefused';
  readonly trouble: KeyTrouble;
  constructor(trouble: KeyTrouble, message: string) {
    super(message);
    this.trouble = trouble;
  }
}

/** An error as a front words it; for `refusalOf` of a service. */
export const worded =
  (words: (refused: KeyRefused) => Error) =>
  (error: unknown): unknown =>
    error instanceof KeyRefused ? words(error) : error;

/** What people read then: as AWS words it, and no more. */
export const BLOCKED =
  'ERROR Code: 0001 - IdentityCenter service access is blocked. Reach out to your IdentityCenter admin for further steps.';

/** What KMS answers, or KeyRefused. */
export async function askingKms<T>(asked: Promise<T>): Promise<T> {
  try {
    return await asked;
  } catch (error) {
    const trouble = error instanceof Error ? TROUBLES[error.name] : undefined;
    throw trouble ? new KeyRefused(trouble, (error as Error).message) : error;
  }
}

/** Bound to what KMS encrypts for an instance. */
export const encryptionContextOf = (
  instance: Instance,
  keeper: Keeper,
  { tenantKeyId }: Pick<InstanceEncryption, 'tenantKeyId'>,
): Record<string, string> =>
  keeper === 'sso'
    ? { 'tenant-key-id': instance.id, 'aws:sso:instance-arn': instanceArn(instance) }
    : { 'tenant-key-id': tenantKeyId, 'aws:identitystore:identitystore-arn': identityStoreArn(instance) };

/** The service in its own name, on behalf of the instance. */
export const keeperPrincipal = (instance: Instance, keeper: Keeper) =>
  servicePrincipal(`${keeper}.amazonaws.com`, {
    arn: keeper === 'sso' ? instanceArn(instance) : identityStoreArn(instance),
    account: instance.account,
  });

/** Where the instance is replicated to, the same key lies under the same id. */
export const keyArnIn = (keyArn: string, region: string): string => {
  const parts = keyArn.split(':');
  return parts.with(3, region).join(':');
};

/** How rows are kept in a write set. */
export interface RowKey {
  readonly seal: Uint8Array;
  /** Names are looked up by their digests under it. */
  readonly names: Uint8Array;
  /** Rows that are written go under the key; while an instance leaves its key, they no longer do. */
  readonly writes: boolean;
}

const unlocked = new WeakMap<Transaction, Map<string, RowKey>>();

const holdingOf = ({ id, identityStore }: Pick<Instance, 'id' | 'identityStore'>, keeper: Keeper) =>
  keeper === 'sso' ? id : identityStore;

/** Undefined: nothing lies under a key, or nobody has unlocked it. `holding`: id of an instance, or of its directory. */
export const rowKeyOf = (tx: Transaction, holding: string): RowKey | undefined => unlocked.get(tx)?.get(holding);

type Around = Pick<Context, 'store' | 'call' | 'region' | 'now'>;

/** For the rest of the write set. `by`: the caller, through the service; else the service. @throws KeyRefused */
export async function unlock(ctx: Around, instance: Instance, keeper: Keeper, by?: 'caller'): Promise<void> {
  const { encryption } = instance;
  const holding = holdingOf(instance, keeper);
  if (!encryption || rowKeyOf(ctx.store, holding)) return;
  const region = isServedIn(instance, ctx.region, ctx.now) ? ctx.region : instance.region;
  const use = {
    encryptionContext: encryptionContextOf(instance, keeper, encryption),
    as: by === 'caller' ? undefined : keeperPrincipal(instance, keeper),
    region,
  };
  const keyArn = keyArnIn(encryption.keyArn, region);
  const plain = await askingKms(decryptDataKey(ctx as Context, encryption.dataKeys[keeper], use, keyArn));
  const all = unlocked.get(ctx.store) ?? new Map<string, RowKey>();
  all.set(holding, {
    seal: derived(plain, 'seal'),
    names: derived(plain, 'names'),
    writes: encryption.rows === 'sealed',
  });
  unlocked.set(ctx.store, all);
}

const derived = (dataKey: Uint8Array, use: string) =>
  new Uint8Array(hkdfSync('sha256', dataKey, '', `identity center ${use}`, 32));

/** The instance of a directory, its people unlocked by the service. @throws KeyRefused */
export async function peopleOf(ctx: Around, identityStore: string): Promise<Instance | undefined> {
  const instance = await instanceOfStore(ctx.store, identityStore);
  if (instance) await unlock(ctx, instance, 'identitystore');
  return instance;
}

/** What of a row is hidden, as text. `nonce`: 12 random bytes. */
export const sealedText = ({ seal }: RowKey, content: object, nonce: Uint8Array): string =>
  encryptUnder(seal, JSON.stringify(content), nonce);

/** @throws where nobody has unlocked it: a mistake of ours */
export function openedText<T>(tx: Transaction, holding: string, sealed: string): T {
  const key = rowKeyOf(tx, holding);
  if (!key) throw new Error(`${holding} is locked.`);
  return JSON.parse(decryptUnder(key.seal, sealed)) as T;
}

/** Part of an index key that says nothing of what it is of. No name that is folded to lower case looks like it. */
export const digestUnder = ({ names }: RowKey, ...parts: readonly string[]): string =>
  `SEALED:${createHmac('sha256', names).update(parts.join('\0')).digest('base64url')}`;
