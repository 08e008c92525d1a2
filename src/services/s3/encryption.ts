/**
 * Envelope encryption. Every object's bytes lie encrypted under a content key of their own; this decides who keeps that
 * key: S3 itself (SSE-S3), KMS (SSE-KMS) or the client (SSE-C). The row of the version holds the sealed key.
 *
 * Bytes are encrypted while they come in, before it is certain that they will be kept, so the content key is made first
 * and sealed in the write set that makes the version.
 */
import { createCipheriv, createDecipheriv } from 'node:crypto';
import type { DecryptResponse, GenerateDataKeyResponse } from '@aws-sdk/client-kms';
import type { Context } from '../../core/context.ts';
import { AccessDenied, CommonError } from '../../core/errors.ts';
import type { BucketTarget } from './access.ts';
import { bucketDataKey, openedDataKey } from './bucketKeys.ts';
import { bucketArn, objectArn } from './bucketRows.ts';
import { customerKeyOf, type Encryption, type EncryptionRequest, encryptionAsked } from './encryptionRequests.ts';
import { s3Error } from './errors.ts';

export type { EncryptionRequest } from './encryptionRequests.ts';

/** A content key as the row keeps it. */
export interface Sealed {
  readonly by: 'AES256' | 'aws:kms' | 'aws:kms:dsse' | 'SSE-C';
  /** The content key, sealed: by the plane, under the data key of KMS, or under the customer's key. */
  readonly key: string;
  readonly kms?: KmsSeal;
  /** Base 64, of the customer's key. */
  readonly keyMd5?: string;
}

/** What KMS needs to give the data key back. */
interface KmsSeal {
  readonly keyArn: string;
  /** The data key as KMS encrypted it, in base 64. */
  readonly dataKey: string;
  readonly context: Readonly<Record<string, string>>;
  readonly bucketKey?: true;
}

/** What an answer says of an object's encryption. */
export interface EncryptionAnswer {
  readonly ServerSideEncryption?: 'AES256' | 'aws:kms' | 'aws:kms:dsse';
  readonly SSEKMSKeyId?: string;
  readonly BucketKeyEnabled?: boolean;
  readonly SSECustomerAlgorithm?: string;
  readonly SSECustomerKeyMD5?: string;
}

const PURPOSE = 's3-content-key';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** Seals a fresh content key (32 bytes) as the request and the bucket's default ask. */
export async function sealContentKey(
  ctx: Context,
  target: BucketTarget,
  key: string,
  request: EncryptionRequest,
  contentKey: Uint8Array,
): Promise<Sealed> {
  const encryption = encryptionAsked(target.settings, request);
  if (encryption.by === 'AES256') {
    return { by: 'AES256', key: ctx.secrets.seal(PURPOSE, contentKey, ctx.random(NONCE_BYTES)) };
  }
  if (encryption.by === 'SSE-C') {
    const { key: customerKey, keyMd5 } = encryption;
    return { by: 'SSE-C', key: sealUnder(customerKey, contentKey, ctx.random(NONCE_BYTES)), keyMd5 };
  }
  const { plain, ...kms } = await newDataKey(ctx, target, key, encryption);
  const sealed = sealUnder(plain, contentKey, ctx.random(NONCE_BYTES));
  return { by: encryption.by, key: sealed, kms };
}

/** The content key of a version, for a caller who may read it. Throws where a key is missing, wrong or not usable. */
export async function openContentKey(
  ctx: Context,
  target: BucketTarget,
  _key: string,
  sealed: Sealed,
  request: EncryptionRequest,
): Promise<Uint8Array> {
  if (sealed.by === 'SSE-C') return openWithCustomerKey(sealed, request);
  if (request.SSECustomerKey !== undefined || request.SSECustomerAlgorithm !== undefined) {
    throw s3Error('InvalidRequest', { message: 'The encryption parameters are not applicable to this object.' });
  }
  if (sealed.kms) return certain(openUnder(await dataKeyOf(ctx, target, sealed.kms), sealed.key));
  return certain(ctx.secrets.open(PURPOSE, sealed.key));
}

function certain(contentKey: Uint8Array | undefined): Uint8Array {
  if (!contentKey) throw new Error('A content key was sealed under another root key than this plane’s.');
  return contentKey;
}

function openWithCustomerKey(sealed: Sealed, request: EncryptionRequest): Uint8Array {
  const customer = customerKeyOf(request);
  if (!customer) {
    throw s3Error('InvalidRequest', {
      message:
        'The object was stored using a form of Server Side Encryption. The correct parameters must be provided to retrieve the object.',
    });
  }
  const contentKey = customer.keyMd5 === sealed.keyMd5 ? openUnder(customer.key, sealed.key) : undefined;
  if (contentKey) return contentKey;
  throw new AccessDenied(
    'Requests specifying Server Side Encryption with Customer provided keys must provide the correct secret key.',
  );
}

/** The members of answers that tell of the encryption. */
export function encryptionAnswer(sealed: Sealed | undefined): EncryptionAnswer {
  if (!sealed) return {};
  if (sealed.by === 'SSE-C') return { SSECustomerAlgorithm: 'AES256', SSECustomerKeyMD5: sealed.keyMd5! };
  if (!sealed.kms) return { ServerSideEncryption: 'AES256' };
  const { keyArn, bucketKey } = sealed.kms;
  return { ServerSideEncryption: sealed.by, SSEKMSKeyId: keyArn, ...(bucketKey && { BucketKeyEnabled: true }) };
}

type ByKms = Extract<Encryption, { keyId: string }>;

/** A data key of the caller's, through S3: of the object, or shared by the bucket for a while. */
async function newDataKey(
  ctx: Context,
  { bucket }: BucketTarget,
  key: string,
  encryption: ByKms,
): Promise<KmsSeal & { plain: Uint8Array }> {
  const { keyId, bucketKey } = encryption;
  const arn = bucketKey ? bucketArn(bucket.name) : objectArn(bucket.name, key);
  const context = { ...encryption.context, 'aws:s3:arn': arn };
  const generate = () =>
    askKms<GenerateDataKeyResponse>(ctx, bucket.region, 'GenerateDataKey', {
      KeyId: keyId,
      KeySpec: 'AES_256',
      EncryptionContext: context,
    });
  if (bucketKey) return { ...(await bucketDataKey(ctx, bucket.name, keyId, context, generate)), context, bucketKey };
  const { KeyId, CiphertextBlob, Plaintext } = await generate();
  return { keyArn: KeyId!, dataKey: Buffer.from(CiphertextBlob!).toString('base64'), plain: Plaintext!, context };
}

async function dataKeyOf(ctx: Context, { bucket }: BucketTarget, kms: KmsSeal): Promise<Uint8Array> {
  const decrypt = async () => {
    const { Plaintext } = await askKms<DecryptResponse>(ctx, bucket.region, 'Decrypt', {
      CiphertextBlob: Buffer.from(kms.dataKey, 'base64'),
      EncryptionContext: kms.context,
      KeyId: kms.keyArn,
    });
    return Plaintext!;
  };
  return kms.bucketKey ? openedDataKey(ctx, bucket.name, kms.keyArn, kms.dataKey, decrypt) : decrypt();
}

/** As the caller, in the bucket's Region. What KMS refuses, S3 answers under KMS's name. */
async function askKms<Out>(ctx: Context, region: string, operation: string, input: object): Promise<Out> {
  try {
    return await ctx.call<Out>('kms', operation, input, undefined, region);
  } catch (error) {
    if (error instanceof AccessDenied || !(error instanceof Error) || !/Exception$/.test(error.name)) throw error;
    throw new CommonError(`KMS.${error.name}`, error.message, 400);
  }
}

function sealUnder(key: Uint8Array, plain: Uint8Array, nonce: Uint8Array): string {
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]).toString('base64');
}

/** Undefined if it was sealed under another key. */
function openUnder(key: Uint8Array, sealed: string): Uint8Array | undefined {
  const bytes = Buffer.from(sealed, 'base64');
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, NONCE_BYTES));
  decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
  try {
    return Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]);
  } catch {
    return undefined;
  }
}
