/**
 * A key of the customer's for an instance: which key it may be, that the caller and both services may use it, and the
 * data keys that KMS encrypts under it. Another key of the customer's takes the place of one by encrypting the same
 * data keys; what lies under them stays as it is.
 * https://docs.aws.amazon.com/singlesignon/latest/userguide/identity-center-customer-managed-keys.html
 */
import type { DescribeKeyResponse, EncryptResponse, ReEncryptResponse } from '@aws-sdk/client-kms';
import type { Caller, Context } from '../../core/context.ts';
import { decryptDataKey } from '../../core/dataKeys.ts';
import { uuid } from '../../core/ids.ts';
import {
  askingKms,
  encryptionContextOf,
  type Keeper,
  KeyRefused,
  keeperPrincipal,
  keyArnIn,
} from '../../identity/instanceKeys.ts';
import { regionsOf } from '../../identity/instanceRegions.ts';
import type { Instance, InstanceEncryption } from '../../identity/instances.ts';
import { failInvalid } from './errors.ts';

const KEEPERS: readonly Keeper[] = ['sso', 'identitystore'];

type Wrapped = Pick<InstanceEncryption, 'keyArn' | 'dataKeys' | 'tenantKeyId'>;

/** Data keys under this key: new ones, or those that the instance has. @throws KeyRefused */
export async function wrappedUnder(ctx: Context, instance: Instance, keyArn: string): Promise<Wrapped> {
  await requireFit(ctx, instance, keyArn);
  await requireCaller(ctx, instance, keyArn);
  for (const keeper of KEEPERS) await described(ctx, keyArn, keeperPrincipal(instance, keeper));
  const wrapped = await (instance.encryption
    ? rewrapped(ctx, instance, instance.encryption, keyArn)
    : fresh(ctx, instance, keyArn));
  for (const { name } of regionsOf(instance, ctx.now)) await requireUsable(ctx, instance, wrapped, name);
  return wrapped;
}

/** Both services can decrypt in a Region what lies under the key. @throws KeyRefused */
export async function requireUsable(ctx: Context, instance: Instance, wrapped: Wrapped, region: string): Promise<void> {
  for (const keeper of KEEPERS) {
    const use = {
      ...{ encryptionContext: encryptionContextOf(instance, keeper, wrapped), region },
      as: keeperPrincipal(instance, keeper),
    };
    await askingKms(decryptDataKey(ctx, wrapped.dataKeys[keeper], use, keyArnIn(wrapped.keyArn, region)));
  }
}

async function described(ctx: Context, KeyId: string, as?: Caller) {
  const { KeyMetadata } = await askingKms(ctx.call<DescribeKeyResponse>('kms', 'DescribeKey', { KeyId }, as));
  return KeyMetadata!;
}

async function requireFit(ctx: Context, instance: Instance, keyArn: string): Promise<void> {
  const [, , , region, account] = keyArn.split(':');
  if (account !== instance.account) failInvalid('The KMS key must be in the account of the instance.');
  if (region !== instance.region) failInvalid('The KMS key must be in the primary Region of the instance.');
  const { KeyManager, KeySpec, KeyUsage, KeyState } = await described(ctx, keyArn);
  if (KeyManager !== 'CUSTOMER') failInvalid('The KMS key must be a customer managed key.');
  if (KeySpec !== 'SYMMETRIC_DEFAULT' || KeyUsage !== 'ENCRYPT_DECRYPT') {
    throw new KeyRefused('InvalidKeyUsage', `${keyArn} must be a symmetric key for encryption and decryption.`);
  }
  if (KeyState === 'Disabled') throw new KeyRefused('Disabled', `${keyArn} is disabled.`);
  if (KeyState !== 'Enabled') throw new KeyRefused('InvalidState', `${keyArn} is not usable: ${KeyState}.`);
  if (regionsOf(instance, ctx.now).length > 1 && !keyArn.includes(':key/mrk-')) {
    failInvalid('An instance in more than one Region must be encrypted under a multi-Region key.');
  }
}

/** Whoever sets a key must be able to use it, through the service. */
async function requireCaller(ctx: Context, instance: Instance, KeyId: string): Promise<void> {
  const EncryptionContext = encryptionContextOf(instance, 'sso', { tenantKeyId: '' });
  const Plaintext = new Uint8Array(Buffer.from(instance.id));
  const asked = ctx.call<EncryptResponse>('kms', 'Encrypt', { KeyId, EncryptionContext, Plaintext });
  const { CiphertextBlob } = await askingKms(asked);
  await askingKms(ctx.call('kms', 'Decrypt', { KeyId, EncryptionContext, CiphertextBlob }));
  const spec = { KeySpec: 'AES_256' };
  await askingKms(ctx.call('kms', 'GenerateDataKeyWithoutPlaintext', { KeyId, EncryptionContext, ...spec }));
}

async function fresh(ctx: Context, instance: Instance, keyArn: string): Promise<Wrapped> {
  const tenantKeyId = uuid(ctx);
  return { keyArn, tenantKeyId, dataKeys: await forEach((keeper) => made(ctx, instance, keeper, keyArn, tenantKeyId)) };
}

async function made(ctx: Context, instance: Instance, keeper: Keeper, KeyId: string, tenantKeyId: string) {
  const EncryptionContext = encryptionContextOf(instance, keeper, { tenantKeyId });
  const input = { KeyId, EncryptionContext, KeySpec: 'AES_256' };
  const as = keeperPrincipal(instance, keeper);
  return textOf(await askingKms(ctx.call<EncryptResponse>('kms', 'GenerateDataKeyWithoutPlaintext', input, as)));
}

async function rewrapped(ctx: Context, instance: Instance, before: Wrapped, keyArn: string): Promise<Wrapped> {
  if (before.keyArn === keyArn) return before;
  const dataKeys = await forEach(async (keeper) => {
    const context = encryptionContextOf(instance, keeper, before);
    const input = {
      CiphertextBlob: Buffer.from(before.dataKeys[keeper], 'base64'),
      ...{ SourceKeyId: before.keyArn, SourceEncryptionContext: context },
      ...{ DestinationKeyId: keyArn, DestinationEncryptionContext: context },
    };
    const as = keeperPrincipal(instance, keeper);
    return textOf(await askingKms(ctx.call<ReEncryptResponse>('kms', 'ReEncrypt', input, as)));
  });
  return { keyArn, tenantKeyId: before.tenantKeyId, dataKeys };
}

const textOf = ({ CiphertextBlob }: Pick<EncryptResponse, 'CiphertextBlob'>) =>
  Buffer.from(CiphertextBlob!).toString('base64');

const forEach = async (work: (keeper: Keeper) => Promise<string>) => ({
  sso: await work('sso'),
  identitystore: await work('identitystore'),
});
