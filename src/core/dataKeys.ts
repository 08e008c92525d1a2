/**
 * What services encrypt under data keys of KMS: GenerateDataKey and Decrypt are called with the permission of whoever
 * causes it (or in a service's own name), what a row holds is AES-256-GCM under that key.
 */
import { createCipheriv, createDecipheriv } from 'node:crypto';
import type { Caller, Context } from './context.ts';
import { awsError } from './errors.ts';

/** What KMS refuses, by its error's name, and what the service answers then: the same sentence under its own name. */
export type KmsRefusals = Readonly<Record<string, Parameters<typeof awsError<Error>>[0]>>;

export interface KmsUse {
  /** Bound to what is encrypted: `{ 'aws:sqs:arn': … }`. */
  readonly encryptionContext: Readonly<Record<string, string>>;
  readonly refusals?: KmsRefusals;
  /** Else the caller, through the service. */
  readonly as?: Caller | undefined;
  readonly region?: string | undefined;
}

export interface FreshDataKey {
  /** 32 bytes. */
  readonly plain: Uint8Array;
  /** As KMS encrypted it, base 64: what is kept. */
  readonly blob: string;
}

/** @throws what KMS answers, under the names of `refusals` */
export async function generateDataKey(ctx: Context, keyId: string, use: KmsUse): Promise<FreshDataKey> {
  const input = { KeyId: keyId, KeySpec: 'AES_256', EncryptionContext: use.encryptionContext };
  const made = await ask<{ CiphertextBlob: Uint8Array; Plaintext: Uint8Array }>(ctx, 'GenerateDataKey', input, use);
  return { plain: made.Plaintext, blob: Buffer.from(made.CiphertextBlob).toString('base64') };
}

/** A data key in clear. `keyId` where only that key may have encrypted it. @throws like `generateDataKey` */
export async function decryptDataKey(ctx: Context, blob: string, use: KmsUse, keyId?: string): Promise<Uint8Array> {
  const input = {
    CiphertextBlob: Buffer.from(blob, 'base64'),
    EncryptionContext: use.encryptionContext,
    ...(keyId !== undefined && { KeyId: keyId }),
  };
  return (await ask<{ Plaintext: Uint8Array }>(ctx, 'Decrypt', input, use)).Plaintext;
}

async function ask<Out>(ctx: Context, operation: string, input: object, { refusals, as, region }: KmsUse) {
  try {
    return await ctx.call<Out>('kms', operation, input, as, region);
  } catch (error) {
    const refusal = error instanceof Error ? refusals?.[error.name] : undefined;
    throw refusal ? awsError(refusal, (error as Error).message) : error;
  }
}

/** The ARN of a key that is named by its id or alias alone: it is one of the resource's account, whoever asks. */
export function kmsKeyArn(keyId: string, { account, region }: { account: string; region: string }): string {
  if (keyId.startsWith('arn:')) return keyId;
  return `arn:aws:kms:${region}:${account}:${keyId.startsWith('alias/') ? keyId : `key/${keyId}`}`;
}

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/**
 * What lies beside rows: nonce, ciphertext and tag. `nonce`: 12 random bytes. `name` says of what the bytes are: under
 * another one they do not open.
 */
export function sealUnder(key: Uint8Array, plain: Uint8Array, nonce: Uint8Array, name = ''): Buffer {
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(name));
  return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

/** @throws if it was encrypted under another key or name */
export function openUnder(key: Uint8Array, bytes: Uint8Array, name = ''): Buffer {
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, NONCE_BYTES)).setAAD(Buffer.from(name));
  decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
  return Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]);
}

/** What a row holds. Base 64. `nonce`: 12 random bytes. */
export const encryptUnder = (key: Uint8Array, text: string, nonce: Uint8Array): string =>
  sealUnder(key, Buffer.from(text), nonce).toString('base64');

/** @throws if it was encrypted under another key */
export const decryptUnder = (key: Uint8Array, encrypted: string): string =>
  openUnder(key, Buffer.from(encrypted, 'base64')).toString('utf8');
