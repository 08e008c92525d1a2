/**
 * Bucket policies. Principals are bound to who they are when a policy is put; what was put is read back the same.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-policies.html
 */
import type {
  DeleteBucketPolicyRequest,
  GetBucketPolicyOutput,
  GetBucketPolicyRequest,
  GetBucketPolicyStatusOutput,
  GetBucketPolicyStatusRequest,
  PutBucketPolicyRequest,
} from '@aws-sdk/client-s3';
import type { Context } from '../../core/context.ts';
import { CommonError } from '../../core/errors.ts';
import type { Present } from '../../core/operation.ts';
import { bindPrincipals, InvalidPrincipal, showPrincipals } from '../../identity/principalBinding.ts';
import { validatePolicy } from '../../policy/index.ts';
import { isPublicPolicy } from './authority.ts';
import { bucketArn } from './bucketRows.ts';
import { s3Error } from './errors.ts';
import { onBucket } from './onBucket.ts';
import { policyFault } from './policyFaults.ts';
import { publicPolicyRefused } from './publicAccess.ts';
import { type BucketSettings, changeSettings } from './settings.ts';

const POLICY_BYTES_MAX = 20_480;

export const GetBucketPolicy = onBucket<Present<GetBucketPolicyRequest>, GetBucketPolicyOutput>({
  action: 's3:GetBucketPolicy',
  async run(_input, ctx, { settings }) {
    requireOwnAccount(ctx, settings);
    return { Policy: await showPrincipals(ctx.store, policyOf(settings)) };
  },
});

export const PutBucketPolicy = onBucket<Present<PutBucketPolicyRequest>, object>({
  action: 's3:PutBucketPolicy',
  async run(input, ctx, { bucket, settings, block }) {
    requireOwnAccount(ctx, settings);
    const arn = bucketArn(bucket.name);
    const { policy, isPublic } = await acceptedPolicy(ctx, input.Policy, arn, 'AWS::S3::Bucket');
    if (isPublic && block.BlockPublicPolicy) throw publicPolicyRefused(ctx, 's3:PutBucketPolicy', arn);
    await changeSettings(ctx, bucket.name, { policy, policyIsPublic: isPublic });
    return {};
  },
});

export const DeleteBucketPolicy = onBucket<Present<DeleteBucketPolicyRequest>, object>({
  action: 's3:DeleteBucketPolicy',
  async run(_input, ctx, { bucket, settings }) {
    requireOwnAccount(ctx, settings);
    await changeSettings(ctx, bucket.name, { policy: undefined, policyIsPublic: undefined });
    return {};
  },
});

export const GetBucketPolicyStatus = onBucket<Present<GetBucketPolicyStatusRequest>, GetBucketPolicyStatusOutput>({
  action: 's3:GetBucketPolicyStatus',
  async run(_input, _ctx, { settings }) {
    policyOf(settings);
    return { PolicyStatus: { IsPublic: settings.policyIsPublic === true } };
  },
});

function policyOf({ bucket, policy }: BucketSettings): string {
  if (policy !== undefined) return policy;
  throw new CommonError('NoSuchBucketPolicy', 'The bucket policy does not exist', 404, {
    details: { BucketName: bucket },
  });
}

/** The policy is the affair of the bucket's own account, whoever it permits to do what. */
function requireOwnAccount({ caller }: Context, { account }: BucketSettings): void {
  if (caller.type !== 'Service' && caller.account !== account) throw s3Error('MethodNotAllowed');
}

const malformed = (message: string, detail?: string) =>
  new CommonError('MalformedPolicy', message, 400, detail === undefined ? {} : { details: { Detail: detail } });

/** The document to keep, and whether it lets the public in. `arn`: of the bucket or access point that it is for. */
export async function acceptedPolicy(
  ctx: Context,
  text: string,
  arn: string,
  type: Parameters<typeof isPublicPolicy>[1],
): Promise<{ policy: string; isPublic: boolean }> {
  if (Buffer.byteLength(text) > POLICY_BYTES_MAX) {
    throw new CommonError('PolicyTooLarge', `Policies must not be larger than ${POLICY_BYTES_MAX} bytes.`);
  }
  if (!text.startsWith('{') || !isJson(text)) {
    throw malformed("Policies must be valid JSON and the first byte must be '{'");
  }
  const fault = validatePolicy(text, 'resource') ?? policyFault(text, arn);
  if (fault !== undefined) throw malformed(fault);
  const policy = await bindPrincipals(ctx.store, text);
  if (policy instanceof InvalidPrincipal) {
    throw malformed('Invalid principal in policy', policy.message.replace(/^Invalid principal in policy: /, ''));
  }
  return { policy, isPublic: isPublicPolicy(text, type) };
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
