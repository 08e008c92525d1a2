/**
 * Where a trail delivers to. Before a trail is kept, CloudTrail tries each destination in its own name, on behalf of
 * the trail, so that the policies of bucket, key, topic and role are asked as deliveries will ask them later.
 * https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-s3-bucket-policy-for-cloudtrail.html
 */
import {
  InsufficientEncryptionPolicyException,
  InsufficientS3BucketPolicyException,
  InsufficientSnsTopicPolicyException,
  InvalidCloudWatchLogsLogGroupArnException,
  InvalidCloudWatchLogsRoleArnException,
  InvalidS3BucketNameException,
  KmsException,
  KmsKeyNotFoundException,
  S3BucketDoesNotExistException,
} from '@aws-sdk/client-cloudtrail';
import { parseArn } from '../../core/arn.ts';
import { type Caller, type Context, servicePrincipal } from '../../core/context.ts';
import { fail } from '../../core/errors.ts';
import { logGroupName } from '../../core/logWriting.ts';
import { assumedByService } from '../../identity/serviceRoles.ts';
import { SERVICE } from './organizationTrails.ts';
import { type Trail, trailArn } from './trailRows.ts';

/** CloudTrail on behalf of a trail: what policies know by aws:SourceArn and aws:SourceAccount. */
export const onBehalfOf = (trail: Pick<Trail, 'account' | 'region' | 'name'>): Caller =>
  servicePrincipal(SERVICE, { arn: trailArn(trail), account: trail.account });

/** The folder of a kind of files: `CloudTrail`, `CloudTrail-Digest`, `CloudTrail-Insight`. */
export function folderOf(trail: Trail, account: string, kind: string): string {
  const organization = trail.organization === undefined ? '' : `${trail.organization}/`;
  return `${trail.prefix ? `${trail.prefix}/` : ''}AWSLogs/${organization}${account}/${kind}/`;
}

/** How every file of a trail is written: for the bucket's owner, encrypted under the trail's key if it has one. */
export function putOptions(trail: Trail) {
  const ownership = { Bucket: trail.bucket, ACL: 'bucket-owner-full-control' };
  if (trail.key === undefined) return { ...ownership, ServerSideEncryption: 'AES256' };
  const context = JSON.stringify({ 'aws:cloudtrail:arn': trailArn(trail) });
  return {
    ...ownership,
    ServerSideEncryption: 'aws:kms',
    SSEKMSKeyId: trail.key,
    SSEKMSEncryptionContext: Buffer.from(context).toString('base64'),
  };
}

/** The code of an error as its service calls it. */
export const codeOf = (error: unknown): string => (error instanceof Error ? error.name.replace(/Exception$/, '') : '');

const DENIED = /^AccessDenied|^KMS\.AccessDenied|^AuthorizationError/;

export const isDenied = (code: string): boolean => DENIED.test(code);

/** Writes the empty objects that mark the folders of each kind, as CloudTrail does to see whether it may. */
export async function tryBucket(ctx: Context, trail: Trail, kinds: readonly string[]): Promise<void> {
  try {
    await ctx.call('s3', 'GetBucketAcl', { Bucket: trail.bucket }, onBehalfOf(trail));
    for (const kind of kinds) {
      const Key = folderOf(trail, trail.account, kind);
      await ctx.call('s3', 'PutObject', { ...putOptions(trail), Key, Body: new Uint8Array() }, onBehalfOf(trail));
    }
  } catch (error) {
    await refuseBucket(ctx, trail.bucket, error);
  }
}

/** Throws what CloudTrail says of a bucket that refused it. */
export async function refuseBucket(ctx: Context, bucket: string, error: unknown): Promise<never> {
  const code = codeOf(error);
  if (code === 'InvalidBucketName') fail(InvalidS3BucketNameException, `Invalid S3 bucket name: ${bucket}`);
  if (code === 'NoSuchBucket' || (isDenied(code) && (await isNoBucket(ctx, bucket)))) {
    fail(S3BucketDoesNotExistException, `S3 bucket ${bucket} does not exist!`);
  }
  if (!isDenied(code)) throw error;
  fail(InsufficientS3BucketPolicyException, `Incorrect S3 bucket policy is detected for bucket: ${bucket}`);
}

/** Nobody says to CloudTrail that there is no such bucket. The caller may perhaps know. */
const isNoBucket = (ctx: Context, bucket: string): Promise<boolean> =>
  ctx.call('s3', 'HeadBucket', { Bucket: bucket }).then(
    () => false,
    (error: unknown) => /^(NotFound|NoSuchBucket)$/.test(codeOf(error)),
  );

/** The ARN of the key that a request names, after CloudTrail has found that it may encrypt under it. */
export async function tryKey(ctx: Context, trail: Trail, name: string): Promise<string> {
  const EncryptionContext = {
    'aws:cloudtrail:arn': trailArn(trail),
    'aws:s3:arn': `arn:aws:s3:::${trail.bucket}/${folderOf(trail, trail.account, 'CloudTrail')}`,
  };
  const as = onBehalfOf(trail);
  const refused = `Insufficient permissions to access S3 bucket ${trail.bucket} or KMS key ${name}.`;
  const { arn } = await keyFor(ctx, name, as, refused, (KeyId) =>
    ctx.call('kms', 'GenerateDataKey', { KeyId, KeySpec: 'AES_256', EncryptionContext }, as),
  );
  return arn;
}

/**
 * A key by the name that a request calls it, and what CloudTrail makes with it.
 * @throws KmsKeyNotFoundException, KmsException, and InsufficientEncryptionPolicyException with the sentence `refused`
 */
export async function keyFor<Made>(
  ctx: Context,
  name: string,
  as: Caller,
  refused: string,
  make: (arn: string) => Promise<Made>,
): Promise<{ readonly arn: string; readonly made: Made }> {
  try {
    const described = await ctx.call<{ KeyMetadata: { Arn: string } }>('kms', 'DescribeKey', { KeyId: name }, as);
    const arn = described.KeyMetadata.Arn;
    return { arn, made: await make(arn) };
  } catch (error) {
    const code = codeOf(error);
    if (code === 'NotFound' || (isDenied(code) && (await isNoKey(ctx, name)))) {
      fail(KmsKeyNotFoundException, `KMS key ${name} could not be found.`);
    }
    if (isDenied(code)) fail(InsufficientEncryptionPolicyException, refused);
    if (/^(Disabled|KMSInvalidState|InvalidKeyUsage|KeyUnavailable)/.test(code)) {
      fail(KmsException, (error as Error).message);
    }
    throw error;
  }
}

/** Whether the caller, who may perhaps look at keys, finds that there is none of that name. */
const isNoKey = (ctx: Context, name: string): Promise<boolean> =>
  ctx.call('kms', 'DescribeKey', { KeyId: name }).then(
    () => false,
    (error: unknown) => codeOf(error) === 'NotFound',
  );

/** Sends the message by which CloudTrail tries a topic. */
export async function tryTopic(ctx: Context, trail: Trail): Promise<void> {
  try {
    const input = { TopicArn: trail.topic, Message: 'CloudTrail validation message.' };
    await ctx.call('sns', 'Publish', input, onBehalfOf(trail), parseArn(trail.topic ?? '')?.region);
  } catch (error) {
    const code = codeOf(error);
    if (!isDenied(code) && !/^(NotFound|InvalidParameter)/.test(code)) throw error;
    fail(InsufficientSnsTopicPolicyException, 'SNS Topic does not exist or the topic policy is incorrect!');
  }
}

const LOG_GROUP = /^arn:[\w-]+:logs:([a-z0-9-]+):(\d{12}):log-group:[\w/.#-]{1,512}:\*$/;

/** `o-…_` before the account's, where an organization's events meet in one group. */
export const logStreamName = (trail: Trail, account: string): string =>
  `${trail.organization === undefined ? '' : `${trail.organization}_`}${account}_CloudTrail_${trail.region}`;

/** Makes the first log stream, as the role that the trail names. Group and role are the caller's account's own. */
export async function tryLogGroup(ctx: Context, trail: Trail): Promise<void> {
  const { logGroup = '', logRole = '' } = trail;
  if (logRole === '')
    fail(InvalidCloudWatchLogsRoleArnException, 'You must specify a role ARN as well as a log group.');
  if (logGroup === '') {
    fail(InvalidCloudWatchLogsLogGroupArnException, 'You must specify a log group as well as a role ARN.');
  }
  const [, region, account] = LOG_GROUP.exec(logGroup) ?? [];
  const invalid = 'CloudTrail cannot validate the specified log group ARN.';
  if (region !== ctx.region || account !== ctx.account) fail(InvalidCloudWatchLogsLogGroupArnException, invalid);
  if (!/^arn:[\w-]+:iam::\d{12}:role\/.+$/.test(logRole) || parseArn(logRole)?.account !== ctx.account) {
    fail(InvalidCloudWatchLogsRoleArnException, 'The specified role ARN is not valid.');
  }
  const role = await assumedRole(ctx, trail, logRole);
  const input = { logGroupName: logGroupName(logGroup), logStreamName: logStreamName(trail, trail.account) };
  try {
    await ctx.call('logs', 'CreateLogStream', input, role);
  } catch (error) {
    const code = codeOf(error);
    if (code === 'ResourceAlreadyExists') return;
    if (code === 'ResourceNotFound') fail(InvalidCloudWatchLogsLogGroupArnException, invalid);
    if (!isDenied(code)) throw error;
    const sentence = 'Access denied. Check the permissions for your role.';
    fail(InvalidCloudWatchLogsLogGroupArnException, sentence);
  }
}

/** CloudTrail as the role by which the trail writes to its log group. */
export const logRoleOf = (ctx: Context, trail: Trail, logRole: string): Promise<Caller> =>
  assumedByService(ctx, logRole, onBehalfOf(trail), 'CLOUDWATCHLOGS_DELIVERY_SESSION');

async function assumedRole(ctx: Context, trail: Trail, logRole: string): Promise<Caller> {
  try {
    return await logRoleOf(ctx, trail, logRole);
  } catch (error) {
    if (!isDenied(codeOf(error))) throw error;
    const sentence = 'Access denied. Check the trust relationships for your role.';
    return fail(InvalidCloudWatchLogsRoleArnException, sentence);
  }
}
