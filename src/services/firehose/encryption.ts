/**
 * Encryption at rest. Records are always sealed; a stream that is encrypted under a customer's key has them sealed
 * under a data key of that key. Firehose uses the key by a grant that it makes in the name of whoever turns encryption
 * on. An unsealed data key is kept for five minutes at most: so long a change to the key takes to be felt.
 * https://docs.aws.amazon.com/firehose/latest/dev/encryption.html
 */
import {
  type DeliveryStreamEncryptionConfiguration,
  type DeliveryStreamEncryptionConfigurationInput,
  InvalidKMSResourceException,
} from '@aws-sdk/client-firehose';
import type { Context } from '../../core/context.ts';
import { decryptDataKey, generateDataKey } from '../../core/dataKeys.ts';
import { awsError, ValidationFailure } from '../../core/errors.ts';
import { lowerId } from '../../core/ids.ts';
import { later } from '../../core/tasks.ts';
import { type DataKey, dataKeys, RETIRE, type Retirement } from './dataKeys.ts';
import { refuse } from './errors.ts';
import { inOwnName } from './roles.ts';
import { type Encryption, SERVICE, type Stream, type StreamName, streamArn } from './streamRows.ts';

const CHANGING_MS = 5_000;

const isChanging = ({ encryptionChanges }: Stream, now: Date) =>
  now.getTime() < (encryptionChanges.at(-1) ?? 0) + CHANGING_MS;

export function encryptionView(stream: Stream, now: Date): DeliveryStreamEncryptionConfiguration {
  const { encryption } = stream;
  if (!encryption) return { Status: isChanging(stream, now) ? 'DISABLING' : 'DISABLED' };
  return {
    ...(encryption.keyArn !== undefined && { KeyARN: encryption.keyArn }),
    KeyType: encryption.type,
    Status: isChanging(stream, now) ? 'ENABLING' : 'ENABLED',
  };
}

/** Whether records that come now are. */
export const isEncrypting = (stream: Stream, now: Date): boolean =>
  encryptionView(stream, now).Status === 'ENABLED' || stream.encryption?.before !== undefined;

/** @throws InvalidArgumentException, InvalidKMSResourceException */
export async function newEncryption(
  ctx: Context,
  stream: StreamName & { readonly id: string },
  { KeyType = 'AWS_OWNED_CMK', KeyARN }: Partial<DeliveryStreamEncryptionConfigurationInput>,
): Promise<Encryption> {
  if (KeyType === 'AWS_OWNED_CMK') {
    if (KeyARN !== undefined) refuse('KeyARN cannot be specified with the KeyType AWS_OWNED_CMK.');
    return { type: KeyType };
  }
  if (KeyARN === undefined) return refuse('KeyARN must be specified with the KeyType CUSTOMER_MANAGED_CMK.');
  const grant = await granted(ctx, stream, KeyARN);
  const { blob } = await byKms(() => generateDataKey(ctx, KeyARN, useFor(stream)));
  const name = lowerId(8, ctx);
  await ctx.store.insert(dataKeys, { stream: stream.id, name, keyArn: KeyARN, blob });
  return { type: KeyType, keyArn: KeyARN, grant, dataKey: name };
}

const useFor = (stream: StreamName) => ({
  encryptionContext: { 'aws:firehose:arn': streamArn(stream) },
  as: inOwnName(stream),
});

async function granted(ctx: Context, stream: StreamName, KeyId: string): Promise<string> {
  const input = {
    KeyId,
    GranteePrincipal: SERVICE,
    RetiringPrincipal: SERVICE,
    Operations: ['GenerateDataKey', 'Decrypt', 'RetireGrant'],
    Constraints: { EncryptionContextSubset: useFor(stream).encryptionContext },
  };
  return byKms(async () => (await ctx.call<{ GrantId: string }>('kms', 'CreateGrant', input)).GrantId);
}

/** What KMS refuses, as Firehose tells it: its code, and its sentence. */
async function byKms<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    const { name, message } = error as Error;
    if (error instanceof ValidationFailure) return refuse(message);
    if (!REFUSED.test(name)) throw error;
    const code = `KMS${name.replace(/^KMS/, '').replace(/Exception$/, '')}Exception`;
    throw awsError(InvalidKMSResourceException, message, { code });
  }
}

/** What KMS says of a key that is denied, disabled or gone. */
const REFUSED = new RegExp(
  `^(${[
    ...['AccessDenied', 'NotFound', 'Disabled', 'KMSInvalidState', 'InvalidArn', 'InvalidKeyUsage', 'KeyUnavailable'],
    ...['IncorrectKey', 'InvalidCiphertext'],
  ].join('|')})(Exception)?$`,
);

const KEPT_MS = 300_000;
const kept = new WeakMap<DataKey, { readonly plain: Uint8Array; readonly until: number }>();

/** A data key of the stream in clear. @throws InvalidKMSResourceException when KMS does not unseal it (any more) */
export async function openingKey(ctx: Context, stream: Stream, name: string): Promise<Uint8Array> {
  const key = await ctx.store.get(dataKeys, [stream.id, name]);
  if (!key) throw new Error(`The stream ${stream.id} has no data key ${name}.`);
  const known = kept.get(key);
  const now = ctx.now.getTime();
  if (known && now < known.until && now >= known.until - KEPT_MS) return known.plain;
  const plain = await byKms(() => decryptDataKey(ctx, key.blob, useFor(stream), key.keyArn));
  kept.set(key, { plain, until: now + KEPT_MS });
  return plain;
}

/**
 * The data key that records are sealed under which come now; undefined: the plane's own. Until a new key is in use, the
 * one before it is.
 */
export async function sealingKey(ctx: Context, stream: Stream) {
  const { dataKey, before } = stream.encryption ?? {};
  const name = isChanging(stream, ctx.now) ? before : dataKey;
  return name === undefined ? undefined : { name, plain: await openingKey(ctx, stream, name) };
}

/** The grant of a key that is used no more goes when all that is sealed under it is delivered. */
export async function retired(ctx: Context, stream: Stream, { keyArn, grant, dataKey }: Encryption): Promise<void> {
  if (keyArn === undefined || grant === undefined || dataKey === undefined) return;
  const { account, region, name, id } = stream;
  const body: Retirement = { account, region, name, id, keyArn, grant, dataKey };
  await later(ctx, { kind: RETIRE, id: `${id} ${dataKey}`, body, due: ctx.now.getTime() + CHANGING_MS });
}

/** @throws what a stream answers whose encryption is being changed */
export function requireSettled(stream: Stream, now: Date, otherwise: (message: string) => never): void {
  const { Status } = encryptionView(stream, now);
  if (isChanging(stream, now)) otherwise(`Firehose ${stream.name} has the encryption status ${Status}.`);
}
