/**
 * Access points: made, described, listed and removed. What a bucket is, S3 is asked.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-points.html
 */
import type {
  CreateAccessPointRequest,
  CreateAccessPointResult,
  DeleteAccessPointRequest,
  AccessPoint as Described,
  GetAccessPointRequest,
  GetAccessPointResult,
  ListAccessPointsRequest,
  ListAccessPointsResult,
} from '@aws-sdk/client-s3-control';
import type { Context } from '../../core/context.ts';
import { CommonError, notImplemented } from '../../core/errors.ts';
import { lowerId } from '../../core/ids.ts';
import { Missing, type Operation, type Present } from '../../core/operation.ts';
import { quota } from '../../core/quotas.ts';
import { requestTags } from '../../core/tags.ts';
import { type AccessPoint, accessPointArn, accessPoints } from '../../identity/accessPoints.ts';
import { ALL_BLOCKED, blockOf, type PublicAccessBlock } from '../../identity/publicAccess.ts';
import { requireOwnAccount } from './accounts.ts';
import { bucketNamed } from './bucketFacts.ts';
import { pageAsked, pagesOf } from './pages.ts';
import { requireTags, withTagging } from './tagRules.ts';

const NAME = /^[a-z0-9][-a-z0-9]{1,48}[a-z0-9]$/;
const RESERVED = /^(?:xn--|sthree-|amzn-s3-demo-)|(?:-s3alias|--ol-s3|\.mrap|--x-s3|--xa-s3|--table-s3)$/;
const ALIAS_RANDOM = 34;
const ALIAS_NAME_LENGTH_MAX = 20;
const ACCESS_POINTS_MAX = 10_000;

interface Asked {
  readonly AccountId?: string | undefined;
  readonly Name: string;
}

/** What policies may ask of an access point. */
export const conditionsOf = (ctx: Context, name: string, vpc: string | undefined) => ({
  's3:DataAccessPointAccount': ctx.account,
  's3:DataAccessPointArn': accessPointArn({ account: ctx.account, region: ctx.region, name }),
  's3:AccessPointNetworkOrigin': vpc === undefined ? 'Internet' : 'VPC',
});

/** For operations' `load`. */
export async function findAccessPoint(input: Asked, ctx: Context): Promise<AccessPoint | Missing> {
  requireOwnAccount(ctx, input.AccountId);
  const name = nameIn(input.Name);
  const found = await ctx.store.get(accessPoints, [ctx.account, ctx.region, name]);
  const arn = accessPointArn({ account: ctx.account, region: ctx.region, name });
  return found ?? new Missing(arn, noSuchAccessPoint(name));
}

/** A name, or the ARN of the access point. */
const nameIn = (text: string) => text.slice(text.lastIndexOf('/') + 1);

const noSuchAccessPoint = (AccessPointName: string) =>
  new CommonError('NoSuchAccessPoint', 'The specified accesspoint does not exist', 404, {
    details: { AccessPointName },
  });

/** Permission on the access point itself. */
export const accessOf = (ctx: Context, point: AccessPoint) => ({
  resource: accessPointArn(point),
  resourceAccount: point.account,
  resourceTags: point.tags,
  conditions: conditionsOf(ctx, point.name, point.vpc),
});

/** Of operations on an access point of the account. */
export const onPoint = {
  load: findAccessPoint,
  access: (_input: Asked, ctx: Context, point: AccessPoint) => accessOf(ctx, point),
};

export const CreateAccessPoint: Operation<Present<CreateAccessPointRequest> & Asked, CreateAccessPointResult> = {
  access(input, ctx) {
    requireOwnAccount(ctx, input.AccountId);
    const { account, region } = ctx;
    const resource = accessPointArn({ account, region, name: input.Name });
    const conditions = conditionsOf(ctx, input.Name, input.VpcConfiguration?.VpcId);
    return withTagging({ resource, conditions: { ...conditions, ...requestTags(input.Tags) } }, input.Tags);
  },
  async run(input, ctx) {
    const { Name: name, Bucket: bucketName } = input;
    if (input.Scope) notImplemented('The scope of an access point');
    if (!NAME.test(name) || RESERVED.test(name)) {
      throw new CommonError('InvalidURI', "Couldn't parse the specified URI.");
    }
    const bucket = await bucketNamed(ctx, bucketName);
    const theirs = input.BucketAccountId ?? ctx.account;
    if (!bucket || bucket.account !== theirs || bucket.region !== ctx.region) throw onlyForBuckets();
    const point = newAccessPoint(ctx, input, theirs);
    const max = quota(ctx, 'AccessPointsQuota', ACCESS_POINTS_MAX);
    if (!(await ctx.store.fits(accessPoints, [ctx.account], max))) {
      throw new CommonError('TooManyAccessPoints', 'You have attempted to create more access points than allowed');
    }
    if (!(await ctx.store.insert(accessPoints, point))) {
      const message = 'Your previous request to create the named accesspoint succeeded and you already own it.';
      throw new CommonError('AccessPointAlreadyOwnedByYou', message, 409, { details: { AccessPointName: name } });
    }
    return { AccessPointArn: accessPointArn(point), Alias: point.alias };
  },
};

const onlyForBuckets = () =>
  new CommonError('InvalidRequest', 'Amazon S3 AccessPoint can only be created for existing bucket');

function newAccessPoint(ctx: Context, input: Present<CreateAccessPointRequest>, bucketAccount: string): AccessPoint {
  const { account, region } = ctx;
  const { Name: name, VpcConfiguration: vpc, PublicAccessBlockConfiguration: given } = input;
  const block: PublicAccessBlock = given ? blockOf(given) : ALL_BLOCKED;
  return {
    account,
    region,
    name,
    alias: `${name.slice(0, ALIAS_NAME_LENGTH_MAX)}-${lowerId(ALIAS_RANDOM, ctx)}-s3alias`,
    bucket: input.Bucket,
    bucketAccount,
    created: ctx.now.toISOString(),
    ...(vpc?.VpcId !== undefined && { vpc: vpc.VpcId }),
    block,
    tags: requireTags(input.Tags),
  };
}

export const GetAccessPoint: Operation<Present<GetAccessPointRequest> & Asked, GetAccessPointResult, AccessPoint> = {
  ...onPoint,
  async run(_input, _ctx, point) {
    const host = `${point.region}.amazonaws.com`;
    return {
      ...described(point),
      PublicAccessBlockConfiguration: point.block,
      CreationDate: new Date(point.created),
      Endpoints: {
        ipv4: `s3-accesspoint.${host}`,
        dualstack: `s3-accesspoint.dualstack.${host}`,
        fips: `s3-accesspoint-fips.${host}`,
        fips_dualstack: `s3-accesspoint-fips.dualstack.${host}`,
      },
    };
  },
};

const described = (point: AccessPoint): Described => ({
  Name: point.name,
  NetworkOrigin: point.vpc === undefined ? 'Internet' : 'VPC',
  ...(point.vpc !== undefined && { VpcConfiguration: { VpcId: point.vpc } }),
  Bucket: point.bucket,
  AccessPointArn: accessPointArn(point),
  Alias: point.alias,
  BucketAccountId: point.bucketAccount,
});

export const DeleteAccessPoint: Operation<Present<DeleteAccessPointRequest> & Asked, object, AccessPoint> = {
  ...onPoint,
  async run(_input, ctx, point) {
    await ctx.store.remove(accessPoints, [point.account, point.region, point.name]);
    return {};
  },
};

export const pointPages = pagesOf(
  () => new CommonError('InvalidArgument', 'The continuation token provided is incorrect'),
);

export const ListAccessPoints: Operation<
  Present<ListAccessPointsRequest> & { readonly AccountId?: string | undefined },
  ListAccessPointsResult
> = {
  access(input, ctx) {
    requireOwnAccount(ctx, input.AccountId);
    return { resource: '*' };
  },
  async run(input, ctx) {
    const own = [ctx.account, ctx.region];
    const [prefix, index] = input.Bucket === undefined ? [own] : [[input.Bucket, ...own], 'bucket'];
    const { rows, page } = await pointPages.rows(ctx, accessPoints, prefix, pageAsked(input), { index });
    return { AccessPointList: rows.map(described), ...page };
  },
};
