/**
 * Envelope encryption. Every object's bytes lie encrypted under a content key of their own; this decides who keeps that
 * key: S3 itself (SSE-S3), KMS (SSE-KMS) or the client (SSE-C). The row of the version holds the sealed key.
 *
 * Bytes are encrypted while they come in, before it is certain that they will be kept, so the content key is made first
 * and sealed in the write set that makes the version.
 */
import type { Context } from '../../core/context.ts';
import type { BucketTarget } from './access.ts';
import { s3Error } from './errors.ts';

/** A content key as the row keeps it. */
export interface Sealed {
  readonly by: 'AES256' | 'aws:kms' | 'aws:kms:dsse' | 'SSE-C';
  /** The content key, sealed. */
  readonly key: string;
}

/** What a request asks for, or the headers of a request for an object under a customer's key. */
export interface EncryptionRequest {
  readonly ServerSideEncryption?: string | undefined;
  readonly SSEKMSKeyId?: string | undefined;
  readonly SSEKMSEncryptionContext?: string | undefined;
  readonly BucketKeyEnabled?: boolean | undefined;
  readonly SSECustomerAlgorithm?: string | undefined;
  readonly SSECustomerKey?: string | undefined;
  readonly SSECustomerKeyMD5?: string | undefined;
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

/** Seals a fresh content key (32 bytes) as the request and the bucket's default ask. */
export async function sealContentKey(
  ctx: Context,
  _target: BucketTarget,
  _key: string,
  request: EncryptionRequest,
  contentKey: Uint8Array,
): Promise<Sealed> {
  if (request.ServerSideEncryption !== undefined && request.ServerSideEncryption !== 'AES256') {
    throw s3Error('InvalidArgument', { message: 'The encryption method specified is not supported' });
  }
  return { by: 'AES256', key: ctx.secrets.seal(PURPOSE, contentKey, ctx.random(12)) };
}

/** The content key of a version, for a caller who may read it. Throws where a key is missing, wrong or not to be used. */
export async function openContentKey(
  ctx: Context,
  _target: BucketTarget,
  _key: string,
  sealed: Sealed,
  _request: EncryptionRequest,
): Promise<Uint8Array> {
  const contentKey = ctx.secrets.open(PURPOSE, sealed.key);
  if (!contentKey) throw new Error('A content key was sealed under another root key than this plane’s.');
  return contentKey;
}

/** The members of answers that tell of the encryption. */
export function encryptionAnswer(sealed: Sealed | undefined): EncryptionAnswer {
  return sealed ? { ServerSideEncryption: 'AES256' } : {};
}
