/**
 * Why a version was not replicated, as S3 names it to whoever is notified.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication-metrics-events.html
 */

/** At what it failed: taking on the role, reading the version, placing it. */
export type Side = 'role' | 'source' | 'destination';

/** The first row that the error fits, by its name and sentence; the last of each side fits any. */
const REASONS: Readonly<Record<Side, readonly (readonly [error: RegExp, reason: string])[]>> = {
  role: [[/(?:)/, 'AssumeRoleNotPermitted']],
  source: [
    [/^NoSuchVersion/, 'SrcVersionNotFound'],
    [/^InvalidObjectState/, 'SrcObjectNotEligible'],
    [/^(?:KMS\.)?(?:Disabled|KMSInvalidState|NotFound|KeyUnavailable)/, 'SrcKmsKeyInvalidState'],
    [/s3:GetObjectVersionAcl/, 'SrcGetAclNotPermitted'],
    [/s3:GetObjectVersionTagging/, 'SrcGetTaggingNotPermitted'],
    [/s3:GetObjectRetention/, 'SrcGetRetentionNotPermitted'],
    [/s3:GetObjectLegalHold/, 'SrcGetLegalHoldNotPermitted'],
    [/(?:)/, 'SrcGetObjectNotPermitted'],
  ],
  destination: [
    [/^NoSuchBucket/, 'DstBucketNotFound'],
    [/^NoSuchVersion/, 'DstVersionNotFound'],
    [/must have versioning enabled/, 'DstBucketUnversioned'],
    [/Object Lock Configuration/, 'DstBucketObjectLockConfigMissing'],
    [/^(?:KMS\.)?NotFound/, 'DstKmsKeyNotFound'],
    [/^(?:KMS\.)?(?:Disabled|KMSInvalidState|KeyUnavailable)/, 'DstKmsKeyInvalidState'],
    [/s3:ReplicateDelete/, 'DstDelObjNotPermitted'],
    [/s3:ReplicateTags/, 'DstPutTaggingNotPermitted'],
    [/(?:)/, 'DstPutObjectNotPermitted'],
  ],
};

export function failureReason(side: Side, { name, message }: Error): string {
  const said = `${name}: ${message}`;
  return REASONS[side].find(([error]) => error.test(said))?.[1] ?? '';
}
