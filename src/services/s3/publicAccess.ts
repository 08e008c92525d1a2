/**
 * Block Public Access of a bucket.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
 */
import type {
  DeletePublicAccessBlockRequest,
  GetPublicAccessBlockOutput,
  GetPublicAccessBlockRequest,
  PutPublicAccessBlockRequest,
} from '@aws-sdk/client-s3';
import type { Context } from '../../core/context.ts';
import { AccessDenied, CommonError } from '../../core/errors.ts';
import type { Present } from '../../core/operation.ts';
import { blockOf } from '../../identity/publicAccess.ts';
import { s3Error } from './errors.ts';
import { onBucket } from './onBucket.ts';
import { changeSettings } from './settings.ts';

export const GetPublicAccessBlock = onBucket<Present<GetPublicAccessBlockRequest>, GetPublicAccessBlockOutput>({
  action: 's3:GetBucketPublicAccessBlock',
  eventName: 'GetBucketPublicAccessBlock',
  async run(_input, _ctx, { settings }) {
    if (settings.block) return { PublicAccessBlockConfiguration: settings.block };
    throw new CommonError(
      'NoSuchPublicAccessBlockConfiguration',
      'The public access block configuration was not found',
      404,
      { details: { BucketName: settings.bucket } },
    );
  },
});

export const PutPublicAccessBlock = onBucket<Present<PutPublicAccessBlockRequest>, object>({
  action: 's3:PutBucketPublicAccessBlock',
  eventName: 'PutBucketPublicAccessBlock',
  async run(input, ctx, { bucket }) {
    const given = input.PublicAccessBlockConfiguration;
    if (Object.values(given).every((value) => value === undefined)) {
      throw s3Error('InvalidRequest', { message: 'Must specify at least one configuration.' });
    }
    await changeSettings(ctx, bucket.name, { block: blockOf(given) });
    return {};
  },
});

export const DeletePublicAccessBlock = onBucket<Present<DeletePublicAccessBlockRequest>, object>({
  action: 's3:PutBucketPublicAccessBlock',
  eventName: 'DeleteBucketPublicAccessBlock',
  async run(_input, ctx, { bucket }) {
    await changeSettings(ctx, bucket.name, { block: undefined });
    return {};
  },
});

const refused = (ctx: Context, action: string, resource: string, what: string, setting: string) => {
  const { caller } = ctx;
  const who = caller.type === 'Anonymous' ? 'anonymous' : (caller.service ?? caller.arn);
  return new AccessDenied(
    `User: ${who} is not authorized to perform: ${action} on resource: "${resource}" because public ${what} are prevented by the ${setting} setting in S3 Block Public Access.`,
  );
};

/** What BlockPublicAcls says to a list with public grants. */
export const publicAclRefused = (ctx: Context, action: string, resource: string) =>
  refused(ctx, action, resource, 'access control lists (ACLs)', 'BlockPublicAcls');

/** What BlockPublicPolicy says to a public policy. */
export const publicPolicyRefused = (ctx: Context, action: string, resource: string) =>
  refused(ctx, action, resource, 'policies', 'BlockPublicPolicy');
