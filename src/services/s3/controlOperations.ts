/** What S3 Control asks of S3, which keeps the buckets: facts of a bucket, judgement of a policy, tags. */
import type { Context } from '../../core/context.ts';
import { Open, type Operation, type Tag } from '../../core/operation.ts';
import { requestTagKeys, requestTags, withoutTags, withTags } from '../../core/tags.ts';
import { effectiveBlock, type PublicAccessBlock } from '../../identity/publicAccess.ts';
import { type BucketTarget, bucketAccess, loadBucket } from './access.ts';
import { buckets } from './bucketRows.ts';
import { requireTags } from './bucketTags.ts';
import { acceptedPolicy } from './policies.ts';
import { publicPolicyRefused } from './publicAccess.ts';
import { changeSettings, settingsOf } from './settings.ts';

interface Asked {
  readonly Bucket: string;
}

const inside = () => new Open('Asked by S3 Control, which has asked for permission already.');

const DescribeBucket: Operation<Asked, { account: string; region: string } | undefined> = {
  recorded: 'never',
  access: inside,
  async run({ Bucket }, ctx) {
    const bucket = await ctx.store.get(buckets, [Bucket]);
    return bucket && { account: bucket.account, region: bucket.region };
  },
};

interface PolicyAsked extends Asked {
  readonly Policy: string;
  /** Of the access point. */
  readonly Arn: string;
  readonly block: PublicAccessBlock;
}

const AcceptAccessPointPolicy: Operation<PolicyAsked, Awaited<ReturnType<typeof acceptedPolicy>>> = {
  recorded: 'never',
  access: inside,
  async run({ Bucket, Policy, Arn, block }, ctx) {
    const accepted = await acceptedPolicy(ctx, Policy, Arn, 'AWS::S3::AccessPoint');
    const { BlockPublicPolicy } = await blockAround(ctx, Bucket, block);
    if (accepted.isPublic && BlockPublicPolicy) throw publicPolicyRefused(ctx, 's3:PutAccessPointPolicy', Arn);
    return accepted;
  },
};

/** The bucket's own block binds access points of its own account. */
async function blockAround(ctx: Context, name: string, block: PublicAccessBlock): Promise<PublicAccessBlock> {
  const bucket = await ctx.store.get(buckets, [name]);
  const own = bucket?.account === ctx.account ? (await settingsOf(ctx.store, name)).block : undefined;
  return effectiveBlock(ctx.store, ctx.account, block, own);
}

const ListTagsForResource: Operation<Asked, { Tags: readonly Tag[] }, BucketTarget> = {
  recorded: 'never',
  load: loadBucket,
  access: (_input, ctx, target) => bucketAccess(ctx, target),
  run: async (_input, _ctx, { settings }) => ({ Tags: settings.tags ?? [] }),
};

const TagResource: Operation<Asked & { readonly Tags: readonly Tag[] }, object, BucketTarget> = {
  recorded: 'never',
  load: loadBucket,
  access: ({ Tags }, ctx, target) => bucketAccess(ctx, target, { conditions: requestTags(Tags) }),
  async run({ Tags }, ctx, { settings }) {
    const tags = requireTags(withTags(settings.tags ?? [], Tags));
    await changeSettings(ctx, settings.bucket, { tags });
    return {};
  },
};

const UntagResource: Operation<Asked & { readonly TagKeys: readonly string[] }, object, BucketTarget> = {
  recorded: 'never',
  load: loadBucket,
  access: ({ TagKeys }, ctx, target) => bucketAccess(ctx, target, { conditions: requestTagKeys(TagKeys) }),
  async run({ TagKeys }, ctx, { settings }) {
    const tags = withoutTags(settings.tags ?? [], TagKeys);
    await changeSettings(ctx, settings.bucket, { tags: tags.length > 0 ? tags : undefined });
    return {};
  },
};

export const controlOperations = {
  AcceptAccessPointPolicy,
  DescribeBucket,
  ListTagsForResource,
  TagResource,
  UntagResource,
};
