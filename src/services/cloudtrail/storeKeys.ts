/**
 * Event data stores under a key of KMS: their events, and what queries find in them, lie under a data key of the store's
 * own, which KMS makes and unseals for CloudTrail on behalf of the store. While the key cannot be used, events wait and
 * nothing is read.
 * https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-kms-key-policy-for-cloudtrail.html
 */
import { InsufficientEncryptionPolicyException, InvalidParameterException } from '@aws-sdk/client-cloudtrail';
import type { Context } from '../../core/context.ts';
import { decryptDataKey, generateDataKey, type KmsRefusals, type KmsUse, openUnder } from '../../core/dataKeys.ts';
import { fail } from '../../core/errors.ts';
import type { Secrets } from '../../core/secrets.ts';
import { keyFor } from './destinations.ts';
import { inNameOf } from './eventDataStoreNames.ts';
import { type EventDataStore, eventDataStores, type Query, type StoreKey, storeArn } from './lakeRows.ts';
import { statementOf } from './lakeSql.ts';

const REFUSALS: KmsRefusals = Object.fromEntries(
  [
    ...['AccessDenied', 'AccessDeniedException', 'NotFoundException', 'DisabledException', 'KMSInvalidStateException'],
    ...['KeyUnavailableException', 'IncorrectKeyException', 'InvalidCiphertextException'],
  ].map((name) => [name, InsufficientEncryptionPolicyException]),
);

const useOf = (store: EventDataStore): KmsUse => ({
  encryptionContext: { 'aws:cloudtrail:arn': storeArn(store) },
  as: inNameOf(store),
  refusals: REFUSALS,
  region: store.region,
});

/** `name`: as the request calls the key. @throws KmsKeyNotFoundException, InsufficientEncryptionPolicyException */
export async function keyAfter(ctx: Context, store: EventDataStore, name: string): Promise<StoreKey> {
  const { refusals: _, ...use } = useOf(store);
  const refused = `Insufficient permissions to access KMS key ${name}.`;
  const { arn, made } = await keyFor(ctx, name, inNameOf(store), refused, (key) => generateDataKey(ctx, key, use));
  if (store.key === undefined) return { arn, sealed: made.blob };
  if (store.key.arn === arn) return store.key;
  return fail(InvalidParameterException, 'The KMS key of an event data store cannot be changed.');
}

/** The store's data key in clear. @throws InsufficientEncryptionPolicyException */
export async function plainKey(ctx: Context, store: EventDataStore): Promise<Uint8Array | undefined> {
  return store.key && decryptDataKey(ctx, store.key.sealed, useOf(store), store.key.arn);
}

export async function storeOfId({ store }: Pick<Context, 'store'>, id: string): Promise<EventDataStore | undefined> {
  return (await store.list(eventDataStores, [id], { limit: 1, index: 'id' })).rows[0];
}

const PURPOSE = 'cloudtrail-query';

/**
 * Data keys of the stores that a statement names, for as long as the query is under way: sealed by the plane.
 * @throws InsufficientEncryptionPolicyException
 */
export async function keysFor(ctx: Context, statement: string): Promise<Query['keys']> {
  const keys: Record<string, string> = {};
  for (const id of statementOf(statement)?.stores ?? []) {
    const store = await storeOfId(ctx, id);
    const plain = store && (await plainKey(ctx, store));
    if (plain) keys[id] = ctx.secrets.seal(PURPOSE, plain, ctx.random(12));
  }
  return Object.keys(keys).length > 0 ? keys : undefined;
}

/** Undefined where the store was under no key when the query began. */
export function keyIn({ keys }: Query, store: string, secrets: Secrets): Uint8Array | undefined {
  const sealed = keys?.[store];
  return sealed === undefined ? undefined : secrets.open(PURPOSE, sealed);
}

/** What lies under a store's key, by its name. Throws where the key is not known. */
export function opened(key: Uint8Array | undefined, bytes: Uint8Array, name: string): Uint8Array {
  if (!key) throw new Error('The event data store was put under a key meanwhile.');
  return openUnder(key, bytes, name);
}
