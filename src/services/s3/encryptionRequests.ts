/**
 * What requests ask of encryption, in headers, and what holds where they ask for nothing: the bucket's default.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingEncryption.html
 */
import { createHash } from 'node:crypto';
import type { Context } from '../../core/context.ts';
import { CommonError } from '../../core/errors.ts';
import { invalidArgument, s3Error } from './errors.ts';
import type { BucketSettings } from './settings.ts';

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

/** How an object is to be encrypted. */
export type Encryption =
  | { readonly by: 'AES256' }
  | {
      readonly by: 'aws:kms' | 'aws:kms:dsse';
      /** As asked: id, ARN, alias. */
      readonly keyId: string;
      readonly bucketKey: boolean;
      readonly context: Readonly<Record<string, string>>;
    }
  | { readonly by: 'SSE-C'; readonly key: Buffer; readonly keyMd5: string };

const MANAGED_KEY = 'alias/aws/s3';

/** Throws what S3 says to headers that do not go together, or that the bucket does not allow. */
export function encryptionAsked(settings: BucketSettings, request: EncryptionRequest): Encryption {
  const customer = customerKeyOf(request);
  if (customer) {
    if (settings.encryption.BlockedEncryptionTypes?.EncryptionType?.includes('SSE-C')) throw s3Error('AccessDenied');
    return { by: 'SSE-C', ...customer };
  }
  const { SSEAlgorithm, KMSMasterKeyID } = settings.encryption.ApplyServerSideEncryptionByDefault ?? {};
  const asked = request.ServerSideEncryption;
  if (request.SSEKMSKeyId !== undefined && asked !== 'aws:kms' && asked !== 'aws:kms:dsse') throw keyWithoutKms();
  const by: string = asked ?? SSEAlgorithm ?? 'AES256';
  if (by === 'AES256') return { by };
  if (by !== 'aws:kms' && by !== 'aws:kms:dsse') throw unsupported(by);
  const keyId = request.SSEKMSKeyId ?? (asked === undefined ? KMSMasterKeyID : undefined) ?? MANAGED_KEY;
  const bucketKey = by === 'aws:kms' && (request.BucketKeyEnabled ?? settings.encryption.BucketKeyEnabled ?? false);
  return { by, keyId, bucketKey, context: contextOf(request.SSEKMSEncryptionContext) };
}

const unsupported = (value: string) =>
  invalidArgument('The encryption method specified is not supported', 'x-amz-server-side-encryption', value);

const keyWithoutKms = () =>
  s3Error('InvalidArgument', {
    message:
      'Server Side Encryption with AWS KMS managed key requires HTTP header x-amz-server-side-encryption : aws:kms',
    details: { ArgumentName: 'x-amz-server-side-encryption', ArgumentValue: 'null' },
  });

/** Base 64 of a JSON object of texts. */
function contextOf(header: string | undefined): Readonly<Record<string, string>> {
  if (header === undefined) return {};
  try {
    const context = JSON.parse(Buffer.from(header, 'base64').toString('utf8')) as unknown;
    const entries = Object.entries(context as object);
    if (typeof context === 'object' && !Array.isArray(context) && entries.every(([, v]) => typeof v === 'string')) {
      return context as Record<string, string>;
    }
  } catch {
    // Said below.
  }
  throw invalidArgument(
    'The header x-amz-server-side-encryption-context shall be Base64-encoded UTF-8 string holding JSON which represents a string-string map',
    'x-amz-server-side-encryption-context',
    header,
  );
}

const BY_CUSTOMER = 'Requests specifying Server Side Encryption with Customer provided keys must provide';

/** The machine itself: what is sent there leaves it by no wire. */
const LOOPBACK = /^(?:127\.|::1$)/;

/** Throws InvalidRequest where a customer's key comes over a wire on which anybody may read it. */
export function requireSecrecy(
  { source, caller }: Pick<Context, 'source' | 'caller'>,
  request: EncryptionRequest & { readonly CopySourceSSECustomerKey?: string | undefined },
): void {
  if (request.SSECustomerKey === undefined && request.CopySourceSSECustomerKey === undefined) return;
  if (source.tls || caller.type === 'Service' || LOOPBACK.test(source.ip)) return;
  const message =
    'Requests specifying Server Side Encryption with Customer provided keys must be made over a secure connection.';
  throw s3Error('InvalidRequest', { message });
}

/** The customer's key in a request, once it is what its headers say; undefined when there is none. */
export function customerKeyOf(request: EncryptionRequest): { key: Buffer; keyMd5: string } | undefined {
  const { SSECustomerAlgorithm: algorithm, SSECustomerKey: text, SSECustomerKeyMD5: keyMd5 } = request;
  if (algorithm === undefined && text === undefined && keyMd5 === undefined) return undefined;
  const header = 'x-amz-server-side-encryption-customer';
  if (request.ServerSideEncryption !== undefined) {
    const message =
      'Server Side Encryption with Customer provided key is incompatible with the encryption method specified';
    throw invalidArgument(message, 'x-amz-server-side-encryption', request.ServerSideEncryption);
  }
  if (algorithm === undefined)
    throw invalidArgument(`${BY_CUSTOMER} a valid encryption algorithm.`, `${header}-algorithm`);
  if (algorithm !== 'AES256') {
    const message = 'The encryption request that you specified is not valid. The valid value is AES256.';
    throw new CommonError('InvalidEncryptionAlgorithmError', message);
  }
  if (text === undefined) throw invalidArgument(`${BY_CUSTOMER} an appropriate secret key.`, `${header}-key`);
  const key = Buffer.from(text, 'base64');
  if (key.length !== 32)
    throw invalidArgument('The secret key was invalid for the specified algorithm.', `${header}-key`);
  if (keyMd5 === undefined) {
    throw invalidArgument(`${BY_CUSTOMER} the client calculated MD5 of the secret key.`, `${header}-key-MD5`);
  }
  if (createHash('md5').update(key).digest('base64') !== keyMd5) {
    const message = 'The calculated MD5 hash of the key did not match the hash that was provided.';
    throw invalidArgument(message, `${header}-key-MD5`, keyMd5);
  }
  return { key, keyMd5 };
}

/** The condition keys of a request that says how an object is to be encrypted. */
export const encryptionConditions = (request: EncryptionRequest): Record<string, string | undefined> => ({
  's3:x-amz-server-side-encryption': request.ServerSideEncryption,
  's3:x-amz-server-side-encryption-aws-kms-key-id': request.SSEKMSKeyId,
  's3:x-amz-server-side-encryption-customer-algorithm': request.SSECustomerAlgorithm,
});
