/**
 * The encryption of an object that is there, changed: its content key is sealed anew, under a key of KMS; the bytes
 * stay.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/update-sse-encryption.html
 */
import type {
  SSEKMSEncryption,
  UpdateObjectEncryptionRequest,
  UpdateObjectEncryptionResponse,
} from '@aws-sdk/client-s3';
import type { Operation, Present } from '../../core/operation.ts';
import { openContentKey, sealContentKey } from './encryption.ts';
import { type EncryptionRequest, encryptionConditions } from './encryptionRequests.ts';
import { s3Error } from './errors.ts';
import { type ObjectTarget, onObject, presentVersion, sameAction } from './objectTargets.ts';
import { replaceVersion } from './versionStore.ts';
import type { ObjectVersion } from './versions.ts';

const ACTION = 's3:UpdateObjectEncryption';

const asked = ({ KMSKeyArn, BucketKeyEnabled }: SSEKMSEncryption): EncryptionRequest => ({
  ServerSideEncryption: 'aws:kms',
  SSEKMSKeyId: KMSKeyArn,
  BucketKeyEnabled: BucketKeyEnabled === true,
});

export const UpdateObjectEncryption: Operation<
  Present<UpdateObjectEncryptionRequest>,
  UpdateObjectEncryptionResponse,
  ObjectTarget
> = {
  readOnly: false,
  ...onObject(sameAction(ACTION), ({ ObjectEncryption }: Present<UpdateObjectEncryptionRequest>) => {
    const kms = ObjectEncryption?.SSEKMS;
    return kms && encryptionConditions(asked(kms));
  }),
  async run(input, ctx, target) {
    const version = presentVersion(target, input);
    const request = asked(requireKms(input.ObjectEncryption?.SSEKMS, target.settings.account));
    requireUpdatable(version, ctx.now);
    const contentKey = await openContentKey(ctx, target, version.key, version.sealed!, {});
    const sealed = await sealContentKey(ctx, target, version.key, request, contentKey);
    await replaceVersion(ctx, { ...version, sealed });
    return {};
  },
};

const invalid = (message: string) => s3Error('InvalidRequest', { message });

const KEY_ARN = /^arn:aws:kms:[a-z0-9-]+:(\d{12}):key\/[A-Za-z0-9-]+$/;

function requireKms(kms: SSEKMSEncryption | undefined, owner: string): SSEKMSEncryption {
  if (!kms) {
    throw invalid(
      'Requests that modify an object encryption configuration require a valid new encryption type. Valid values are SSEKMS. Modify the request to specify SSE-KMS for the updated encryption type, and then try again.',
    );
  }
  const { KMSKeyArn } = kms;
  if (!KMSKeyArn) {
    throw invalid(
      "Requests that modify an object's encryption type to SSE-KMS require an AWS KMS key Amazon Resource Name (ARN). Modify the request to specify a KMS key ARN, and then try again.",
    );
  }
  const account = KEY_ARN.exec(KMSKeyArn)?.[1];
  if (account === undefined) {
    throw invalid(
      "Requests that modify an object's encryption type to SSE-KMS require a valid AWS KMS key Amazon Resource Name (ARN). Confirm that you have a correctly formatted KMS key ARN in your request, and then try again.",
    );
  }
  if (account === owner) return kms;
  const message =
    'The AWS KMS key in the request must be owned by the same account as the bucket. Modify the request to specify a KMS key from the same account, and then try again.';
  throw s3Error('AccessDenied', { message });
}

function requireUpdatable({ sealed, retention, legalHold }: ObjectVersion, now: Date): void {
  if (sealed?.by === 'aws:kms:dsse' || sealed?.by === 'SSE-C') {
    throw invalid(
      "The UpdateObjectEncryption operation doesn't support source objects with the encryption type DSSE-KMS or SSE-C. Only source objects encrypted with SSE-S3 or SSE-KMS are supported.",
    );
  }
  if (!legalHold && !(retention && retention.until > now.getTime())) return;
  const message =
    "The encryption type for the specified object can't be updated because that object is protected by S3 Object Lock.";
  throw s3Error('AccessDenied', { message });
}
