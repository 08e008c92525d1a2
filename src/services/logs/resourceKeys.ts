/**
 * KMS keys of lookup tables and anomaly detectors: each has a data key that KMS made, and unseals for
 * `logs.REGION.amazonaws.com` with the thing's ARN as the encryption context. An unsealed data key is kept for five
 * minutes at most.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/LogsAnomalyDetection-KMS.html
 */
import { AccessDeniedException, InvalidParameterException } from '@aws-sdk/client-cloudwatch-logs';
import { parseArn } from '../../core/arn.ts';
import { type Caller, type Context, servicePrincipal } from '../../core/context.ts';
import { decryptDataKey, generateDataKey, type KmsUse } from '../../core/dataKeys.ts';
import { fail } from '../../core/errors.ts';

/** What a row holds. */
export interface ResourceKey {
  readonly keyArn: string;
  /** As KMS encrypted it, base 64. */
  readonly blob: string;
}

const KEY_ARN = /^arn:aws:kms:[a-z0-9-]+:\d{12}:key\/[\w-]+$/;
const KEPT_MS = 300_000;
const kept = new WeakMap<ResourceKey, { readonly plain: Uint8Array; readonly until: number }>();

/** Made with the caller's permission (`kms:GenerateDataKey`), and of use to the service. */
export async function callersKey(ctx: Context, keyArn: string, resource: string): Promise<ResourceKey> {
  const key = await made(ctx, keyArn, resource, undefined);
  await plainKey(ctx, key, resource);
  return key;
}

/** Made by the service in its own name. */
export const ownKey = (ctx: Context, keyArn: string, resource: string): Promise<ResourceKey> =>
  made(ctx, keyArn, resource, ownName(resource));

async function made(ctx: Context, keyArn: string, resource: string, as: Caller | undefined): Promise<ResourceKey> {
  if (!KEY_ARN.test(keyArn)) fail(InvalidParameterException, `Invalid KMS key ARN '${keyArn}'.`);
  try {
    const { blob } = await asked(keyArn, resource, as, () => generateDataKey(ctx, keyArn, useOf(resource, as)));
    return { keyArn, blob };
  } catch (error) {
    if ((error as Error).name !== 'NotFoundException') throw error;
    return fail(InvalidParameterException, 'The specified KMS Key Id could not be found.');
  }
}

/** Whether the caller may decrypt under the key. @throws AccessDenied */
export async function requireDecrypt(ctx: Context, { keyArn, blob }: ResourceKey, resource: string): Promise<void> {
  await asked(keyArn, resource, undefined, () => decryptDataKey(ctx, blob, useOf(resource, undefined), keyArn));
}

/** The data key in clear. @throws AccessDeniedException when KMS does not unseal it (any more) */
export async function plainKey(ctx: Context, key: ResourceKey, resource: string): Promise<Uint8Array> {
  const now = ctx.now.getTime();
  const known = kept.get(key);
  if (known && now < known.until && now >= known.until - KEPT_MS) return known.plain;
  const { keyArn, blob } = key;
  const as = ownName(resource);
  const plain = await asked(keyArn, resource, as, () => decryptDataKey(ctx, blob, useOf(resource, as), keyArn));
  kept.set(key, { plain, until: now + KEPT_MS });
  return plain;
}

function ownName(resource: string): Caller {
  const { region = '', account = '' } = parseArn(resource) ?? {};
  return servicePrincipal(`logs.${region}.amazonaws.com`, { arn: resource, account });
}

const useOf = (resource: string, as: Caller | undefined): KmsUse => ({
  encryptionContext: { 'aws:logs:arn': resource },
  as,
  region: parseArn(resource)?.region,
});

/** What KMS says of a key that is denied, disabled or about to go. */
const UNUSABLE = new Set([
  'AccessDenied',
  'DisabledException',
  'KMSInvalidStateException',
  'KeyUnavailableException',
  'InvalidKeyUsageException',
  'IncorrectKeyException',
  'InvalidCiphertextException',
]);

async function asked<T>(keyArn: string, resource: string, as: Caller | undefined, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    const { name } = error as Error;
    // What the caller is denied is told in KMS's own words.
    if (!UNUSABLE.has(name) || (as === undefined && name === 'AccessDenied')) throw error;
    fail(
      AccessDeniedException,
      `The KMS key '${keyArn}' does not exist or is not allowed to be used with '${resource}'`,
    );
  }
}
