/** Making, finding and removing buckets. */
import type {
  CreateBucketOutput,
  CreateBucketRequest,
  DeleteBucketRequest,
  GetBucketLocationOutput,
  GetBucketLocationRequest,
  HeadBucketOutput,
  HeadBucketRequest,
  ListBucketsOutput,
  ListBucketsRequest,
} from '@aws-sdk/client-s3';
import type { Context } from '../../core/context.ts';
import { notImplemented } from '../../core/errors.ts';
import type { Operation, Present } from '../../core/operation.ts';
import { cursorOf, tokenOf } from '../../core/page.ts';
import { quota } from '../../core/quotas.ts';
import { requestTags } from '../../core/tags.ts';
import { accessPoints } from '../../identity/accessPoints.ts';
import { isGone, multiRegionAccessPoints } from '../../identity/multiRegionAccessPoints.ts';
import {
  type BucketTarget,
  bucketAccess,
  loadBucket,
  noteBucket,
  reachedBucket,
  requireOwner,
  targetOf,
} from './access.ts';
import { forgetAnalyses } from './analyses.ts';
import { requireBucketName, requireNamespace } from './bucketNames.ts';
import { type Bucket, bucketArn, buckets } from './bucketRows.ts';
import { invalidArgument, s3Error } from './errors.ts';
import { aclConditions, shownOwner } from './grants.ts';
import { forgetInventories } from './inventoryTasks.ts';
import { oweLifecycle } from './lifecycleTasks.ts';
import { newSettings } from './newSettings.ts';
import { bucketSettings } from './settings.ts';
import { endUploads } from './uploadRows.ts';
import { objects, versions } from './versions.ts';

const HOME = 'us-east-1';
const BUCKETS_MAX = 10_000;

export const CreateBucket: Operation<Present<CreateBucketRequest>, CreateBucketOutput> = {
  load: async ({ Bucket }, ctx) => noteBucket(ctx, Bucket),
  access(input) {
    const { LocationConstraint, Tags } = input.CreateBucketConfiguration ?? {};
    const conditions = {
      's3:locationconstraint': LocationConstraint,
      's3:x-amz-bucket-namespace': input.BucketNamespace,
      's3:x-amz-object-ownership': input.ObjectOwnership,
      ...aclConditions(input),
      ...requestTags(Tags),
    };
    const making = { resource: bucketArn(input.Bucket), conditions };
    return Tags?.length ? [making, { ...making, action: 's3:TagResource' }] : [making];
  },
  async run(input, ctx) {
    requireBucketName(input.Bucket);
    const region = regionOf(input, ctx);
    requireNamespace(input.Bucket, input.BucketNamespace, { account: ctx.account, region });
    const taken = await ctx.store.get(buckets, [input.Bucket]);
    if (taken) return ownedAlready(taken, ctx, input.BucketNamespace);
    const max = quota(ctx, 'BucketsQuota', BUCKETS_MAX);
    if (!(await ctx.store.fits(buckets, [ctx.account], max, 'account'))) throw s3Error('TooManyBuckets');
    const bucket: Bucket = {
      name: input.Bucket,
      account: ctx.account,
      region,
      created: ctx.now.toISOString(),
      ...(input.ObjectLockEnabledForBucket && { versioning: 'Enabled' }),
    };
    await ctx.store.insert(buckets, bucket);
    await ctx.store.insert(bucketSettings, await newSettings(ctx, bucket, input));
    return { Location: region === HOME ? `/${bucket.name}` : `http://${bucket.name}.s3.amazonaws.com/` };
  },
};

/** In us-east-1 a bucket of the global namespace may be made twice by its owner. */
function ownedAlready(bucket: Bucket, ctx: Context, namespace = 'global'): CreateBucketOutput {
  const details = { BucketName: bucket.name };
  if (bucket.account !== ctx.account) throw s3Error('BucketAlreadyExists', { details });
  if (bucket.region !== HOME || ctx.region !== HOME || namespace !== 'global')
    throw s3Error('BucketAlreadyOwnedByYou', { details });
  return { Location: `/${bucket.name}` };
}

function regionOf({ CreateBucketConfiguration: made }: CreateBucketRequest, ctx: Context): string {
  if (made?.Location !== undefined || made?.Bucket !== undefined) notImplemented('A directory bucket');
  const asked: string | undefined = made?.LocationConstraint === 'EU' ? 'eu-west-1' : made?.LocationConstraint;
  if (asked !== undefined && (asked === HOME || !/^[a-z]{2}(-[a-z]+)+-\d$/.test(asked))) {
    throw s3Error('InvalidLocationConstraint', { details: { LocationConstraint: asked } });
  }
  if (ctx.region !== HOME && asked !== ctx.region) throw illegalLocation(asked);
  return asked ?? ctx.region;
}

const illegalLocation = (asked: string | undefined) =>
  s3Error('IllegalLocationConstraintException', {
    message: `The ${asked ?? 'unspecified'} location constraint is incompatible for the region specific endpoint this request was sent to.`,
  });

export const HeadBucket: Operation<Present<HeadBucketRequest>, HeadBucketOutput, BucketTarget> = {
  action: 's3:ListBucket',
  readOnly: true,
  load: loadBucket,
  access: (_input, ctx, target) => bucketAccess(ctx, target),
  run: async (_input, _ctx, { bucket, point }) => ({
    BucketRegion: bucket.region,
    AccessPointAlias: point !== undefined,
  }),
};

export const GetBucketLocation: Operation<Present<GetBucketLocationRequest>, GetBucketLocationOutput, BucketTarget> = {
  /** Asked in order to learn the Region, so any Region will do to ask. */
  async load(input, ctx) {
    noteBucket(ctx, input.Bucket);
    const { bucket, point } = await reachedBucket(ctx, input.Bucket);
    ctx.audit.recipientAccountId = bucket.account;
    requireOwner(bucket, input.ExpectedBucketOwner);
    return targetOf(ctx, bucket, point);
  },
  access: (_input, ctx, target) => bucketAccess(ctx, target),
  run: async (_input, _ctx, { bucket }) =>
    bucket.region === HOME ? {} : ({ LocationConstraint: bucket.region } as GetBucketLocationOutput),
};

export const DeleteBucket: Operation<Present<DeleteBucketRequest>, object, BucketTarget> = {
  load: loadBucket,
  access: (_input, ctx, target) => bucketAccess(ctx, target),
  async run(_input, ctx, { bucket, point }) {
    if (point) throw s3Error('MethodNotAllowed');
    if (await hasAccessPoints(ctx, bucket)) {
      const message =
        'The bucket you tried to delete has access points attached. Delete your access points and try again.';
      throw s3Error('BucketHasAccessPointsAttached', { message });
    }
    for (const table of [objects, versions]) {
      const { rows } = await ctx.store.list(table, [bucket.name], { limit: 1 });
      if (rows.length > 0) throw s3Error('BucketNotEmpty', { details: { BucketName: bucket.name } });
    }
    await endUploads(ctx, bucket.name);
    await forgetAnalyses(ctx, bucket.name);
    await forgetInventories(ctx, bucket);
    await oweLifecycle(ctx, bucket, false);
    await ctx.store.remove(buckets, [bucket.name]);
    await ctx.store.remove(bucketSettings, [bucket.name]);
    return {};
  },
};

async function hasAccessPoints({ store, now }: Context, { name, account }: Bucket): Promise<boolean> {
  if ((await store.list(accessPoints, [name], { index: 'bucket', limit: 1 })).rows.length > 0) return true;
  // Those of other accounts do not keep a bucket from being deleted.
  const own = await store.list(multiRegionAccessPoints, [name, account], { index: 'bucket', limit: 1000 });
  return own.rows.some((point) => !isGone(point, now));
}

const LISTED_MAX = 10_000;

export const ListBuckets: Operation<Present<ListBucketsRequest>, ListBucketsOutput> = {
  action: 's3:ListAllMyBuckets',
  access: () => ({ resource: '*' }),
  async run(input, ctx) {
    const limit = input.MaxBuckets ?? LISTED_MAX;
    if (limit < 1 || limit > LISTED_MAX) {
      throw invalidArgument('Argument max-buckets must be an integer between 1 and 10000', 'max-buckets', `${limit}`);
    }
    const paged = input.MaxBuckets !== undefined || input.ContinuationToken !== undefined;
    const found = await bucketsOf(input, ctx, limit);
    const detailed = paged || input.BucketRegion !== undefined;
    return {
      Owner: shownOwner(ctx.account),
      Buckets: found.rows.map(({ name, created, region }) => ({
        Name: name,
        CreationDate: new Date(created),
        ...(detailed && { BucketRegion: region }),
      })),
      ...(found.next !== undefined && { ContinuationToken: tokenOf(found.next) }),
      ...(input.Prefix !== undefined && { Prefix: input.Prefix }),
    };
  },
};

async function bucketsOf(input: ListBucketsRequest, ctx: Context, limit: number) {
  let after = input.ContinuationToken === undefined ? undefined : cursorOf(input.ContinuationToken);
  if (input.ContinuationToken !== undefined && after === undefined) {
    throw invalidArgument(
      'The continuation token provided is incorrect',
      'continuation-token',
      input.ContinuationToken,
    );
  }
  const rows: Bucket[] = [];
  for (;;) {
    const page = await ctx.store.list(buckets, [ctx.account], {
      index: 'account',
      limit: limit - rows.length,
      after,
      startsWith: input.Prefix,
    });
    rows.push(...page.rows.filter(({ region }) => input.BucketRegion === undefined || region === input.BucketRegion));
    after = page.next;
    if (after === undefined || rows.length >= limit) return { rows, next: after };
  }
}
