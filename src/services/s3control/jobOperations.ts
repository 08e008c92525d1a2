/**
 * What batch jobs do to each object, by name: the operation of S3 that it is, and its input.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/batch-ops-operations.html
 */
import type {
  JobOperation,
  OperationName,
  S3CopyObjectOperation,
  S3Grant,
  S3Grantee,
  S3InitiateRestoreObjectOperation,
  S3ObjectMetadata,
  S3SetObjectAclOperation,
} from '@aws-sdk/client-s3-control';
import { CommonError, notImplemented } from '../../core/errors.ts';
import type { Entry } from './jobRows.ts';

/** What S3 is asked for one object. */
export interface Step {
  readonly operation: string;
  readonly input: { readonly Bucket: string; readonly Key: string; readonly [member: string]: unknown };
}

type Kind<Name extends keyof JobOperation> = {
  /** Throws InvalidRequest. */
  readonly check?: (asked: NonNullable<JobOperation[Name]>) => void;
  readonly step: (asked: NonNullable<JobOperation[Name]>, entry: Entry) => Step;
};

const KINDS: { readonly [Name in keyof JobOperation]?: Kind<Name> } = {
  S3PutObjectCopy: { check: requireCopy, step: copyOf },
  S3PutObjectAcl: { check: requireAcl, step: (asked, entry) => on('PutObjectAcl', entry, aclOf(asked)) },
  S3PutObjectTagging: {
    step: ({ TagSet = [] }, entry) => on('PutObjectTagging', entry, { Tagging: { TagSet } }),
  },
  S3DeleteObjectTagging: { step: (_asked, entry) => on('DeleteObjectTagging', entry) },
  S3PutObjectLegalHold: {
    step: ({ LegalHold }, entry) => on('PutObjectLegalHold', entry, { LegalHold }),
  },
  S3PutObjectRetention: {
    step: ({ Retention, BypassGovernanceRetention }, entry) =>
      on('PutObjectRetention', entry, { Retention, BypassGovernanceRetention }),
  },
  S3InitiateRestoreObject: { check: requireRestore, step: restoreOf },
  S3ReplicateObject: { step: (_asked, entry) => on('InitiateReplication', entry) },
  S3UpdateObjectEncryption: {
    step: ({ ObjectEncryption }, entry) => on('UpdateObjectEncryption', entry, { ObjectEncryption }),
  },
};

const invalid = (message: string) => new CommonError('InvalidRequest', message);

/** The one operation of a job. `checked`: that it is one, which can be done. Throws InvalidRequest, NotImplemented. */
export function operationNamed(operation: JobOperation, checked?: 'checked'): OperationName {
  const given = Object.entries(operation).filter(([, asked]) => asked !== undefined);
  const name = (given[0]?.[0] ?? '') as OperationName;
  if (!checked) return name;
  if (given.length !== 1) throw invalid('Exactly one operation must be specified.');
  const kind = KINDS[name] as Kind<never> | undefined;
  if (!kind) notImplemented(`The batch operation ${name}`);
  kind.check?.(given[0]![1] as never);
  return name;
}

export function stepFor(operation: JobOperation, entry: Entry): Step {
  const name = operationNamed(operation);
  const kind = KINDS[name] as unknown as Kind<'S3PutObjectTagging'>;
  return kind.step(operation[name] as never, entry);
}

const on = (operation: string, [Bucket, Key, version]: Entry, more: object = {}): Step => ({
  operation,
  input: { Bucket, Key, ...(version !== null && { VersionId: version }), ...more },
});

function requireCopy({ TargetResource, NewObjectMetadata }: S3CopyObjectOperation): void {
  if (!/^arn:aws:s3:::[a-z0-9.-]+$/.test(TargetResource ?? '')) {
    throw invalid('TargetResource must be the ARN of a bucket.');
  }
  if (NewObjectMetadata?.ContentLength !== undefined || NewObjectMetadata?.ContentMD5 !== undefined) {
    throw invalid('ContentLength and ContentMD5 are not supported.');
  }
}

function copyOf(asked: S3CopyObjectOperation, [bucket, key, version]: Entry): Step {
  const name = encodeURIComponent(key).replaceAll('%2F', '/');
  const { NewObjectMetadata: metadata, NewObjectTagging: tags, SSEAwsKmsKeyId } = asked;
  const encryption = SSEAwsKmsKeyId === undefined ? metadata?.SSEAlgorithm : 'aws:kms';
  return {
    operation: 'CopyObject',
    input: defined({
      Bucket: asked.TargetResource!.slice('arn:aws:s3:::'.length),
      Key: asked.TargetKeyPrefix === undefined ? key : `${asked.TargetKeyPrefix}/${key}`,
      CopySource: `${bucket}/${name}${version === null ? '' : `?versionId=${encodeURIComponent(version)}`}`,
      ACL: asked.CannedAccessControlList,
      ...grantsOf(asked.AccessControlGrants ?? []),
      MetadataDirective: asked.MetadataDirective ?? (metadata && 'REPLACE'),
      ...(metadata && metadataOf(metadata)),
      ...(tags && { TaggingDirective: 'REPLACE', Tagging: tagsOf(tags) }),
      CopySourceIfModifiedSince: asked.ModifiedSinceConstraint,
      CopySourceIfUnmodifiedSince: asked.UnModifiedSinceConstraint,
      WebsiteRedirectLocation: asked.RedirectLocation,
      RequestPayer: asked.RequesterPays || metadata?.RequesterCharged ? 'requester' : undefined,
      StorageClass: asked.StorageClass,
      ServerSideEncryption: encryption,
      SSEKMSKeyId: SSEAwsKmsKeyId,
      BucketKeyEnabled: asked.BucketKeyEnabled,
      ObjectLockLegalHoldStatus: asked.ObjectLockLegalHoldStatus,
      ObjectLockMode: asked.ObjectLockMode,
      ObjectLockRetainUntilDate: asked.ObjectLockRetainUntilDate,
      ChecksumAlgorithm: asked.ChecksumAlgorithm,
    }) as Step['input'],
  };
}

const defined = (members: Record<string, unknown>): object =>
  Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));

const metadataOf = (metadata: S3ObjectMetadata) => ({
  CacheControl: metadata.CacheControl,
  ContentDisposition: metadata.ContentDisposition,
  ContentEncoding: metadata.ContentEncoding,
  ContentLanguage: metadata.ContentLanguage,
  ContentType: metadata.ContentType,
  Expires: metadata.HttpExpiresDate,
  Metadata: metadata.UserMetadata,
});

const tagsOf = (tags: readonly { readonly Key?: string | undefined; readonly Value?: string | undefined }[]) =>
  tags.map(({ Key = '', Value = '' }) => `${encodeURIComponent(Key)}=${encodeURIComponent(Value)}`).join('&');

const HEADERS: Readonly<Record<string, string>> = {
  FULL_CONTROL: 'GrantFullControl',
  READ: 'GrantRead',
  READ_ACP: 'GrantReadACP',
  WRITE_ACP: 'GrantWriteACP',
};

const ofGrantee = ({ TypeIdentifier, Identifier = '' }: S3Grantee = {}) =>
  `${TypeIdentifier ?? 'id'}="${Identifier.replaceAll('"', '')}"`;

function grantsOf(grants: readonly S3Grant[]): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const { Grantee, Permission = '' } of grants) {
    const header = HEADERS[Permission];
    if (header === undefined) continue; // WRITE says nothing of an object.
    headers[header] = [headers[header], ofGrantee(Grantee)].filter((each) => each !== undefined).join(', ');
  }
  return headers;
}

function requireAcl({ AccessControlPolicy: policy }: S3SetObjectAclOperation): void {
  if ((policy?.CannedAccessControlList === undefined) === (policy?.AccessControlList === undefined)) {
    throw invalid('Exactly one of AccessControlList and CannedAccessControlList must be specified.');
  }
}

const GRANTEES = {
  id: { Type: 'CanonicalUser', member: 'ID' },
  uri: { Type: 'Group', member: 'URI' },
  emailAddress: { Type: 'AmazonCustomerByEmail', member: 'EmailAddress' },
} as const;

function aclOf({ AccessControlPolicy: policy }: S3SetObjectAclOperation): object {
  if (policy?.CannedAccessControlList) return { ACL: policy.CannedAccessControlList };
  const { Owner, Grants = [] } = policy!.AccessControlList!;
  const granted = Grants.map(({ Grantee, Permission }) => {
    const { Type, member } = GRANTEES[Grantee?.TypeIdentifier ?? 'id'];
    return { Permission, Grantee: { Type, [member]: Grantee?.Identifier } };
  });
  return { AccessControlPolicy: { Owner: { ID: Owner?.ID }, Grants: granted } };
}

function requireRestore({ GlacierJobTier, ExpirationInDays }: S3InitiateRestoreObjectOperation): void {
  if (GlacierJobTier !== 'BULK' && GlacierJobTier !== 'STANDARD') throw invalid('GlacierJobTier is not valid.');
  if (ExpirationInDays === undefined || ExpirationInDays < 1) throw invalid('ExpirationInDays must be at least 1.');
}

function restoreOf(asked: S3InitiateRestoreObjectOperation, entry: Entry): Step {
  const Tier = asked.GlacierJobTier === 'BULK' ? 'Bulk' : 'Standard';
  const RestoreRequest = { Days: asked.ExpirationInDays, GlacierJobParameters: { Tier } };
  return on('RestoreObject', entry, { RestoreRequest });
}
