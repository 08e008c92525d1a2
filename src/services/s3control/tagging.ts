/** Tags of access points, and of buckets, which S3 keeps. */
import type {
  ListTagsForResourceRequest,
  ListTagsForResourceResult,
  TagResourceRequest,
  UntagResourceRequest,
} from '@aws-sdk/client-s3-control';
import type { Context } from '../../core/context.ts';
import { CommonError } from '../../core/errors.ts';
import { Missing, Open, type Operation, type Present, type Tag } from '../../core/operation.ts';
import { requestTagKeys, requestTags, withoutTags, withTags } from '../../core/tags.ts';
import { type AccessPoint, accessPoints } from '../../identity/accessPoints.ts';
import { accessOf } from './accessPoints.ts';
import { requireOwnAccount } from './accounts.ts';

interface Asked {
  readonly AccountId?: string | undefined;
  readonly ResourceArn: string;
}

/** A bucket by its name, whose tags are the affair of S3; or an access point. */
type Tagged = { readonly bucket: string } | { readonly point: AccessPoint };

const TAGS_MAX = 50;

const noSuchResource = () => new CommonError('NoSuchResource', "The specified resource doesn't exist.", 404);

const otherKind = () => new CommonError('NotImplemented', 'Tagging this kind of resource is not implemented.', 501);

async function tagged(input: Asked, ctx: Context): Promise<Tagged | Missing> {
  requireOwnAccount(ctx, input.AccountId);
  const arn = decodeURIComponent(input.ResourceArn);
  const bucket = /^arn:aws:s3:::([a-z0-9.-]+)$/.exec(arn)?.[1];
  if (bucket !== undefined) return { bucket };
  const [, region, account, name] = /^arn:aws:s3:([a-z0-9-]+):(\d{12}):accesspoint\/([a-z0-9-]+)$/.exec(arn) ?? [];
  if (name === undefined) return new Missing(arn, otherKind());
  const point = account === ctx.account && (await ctx.store.get(accessPoints, [account, region!, name]));
  return point ? { point } : new Missing(arn, noSuchResource());
}

const ASKED_OF_S3 = 'S3 asks for permission on the bucket.';

export const ListTagsForResource: Operation<
  Present<ListTagsForResourceRequest> & Asked,
  ListTagsForResourceResult,
  Tagged
> = {
  load: tagged,
  access: (_input, ctx, of) => ('point' in of ? accessOf(ctx, of.point) : new Open(ASKED_OF_S3)),
  async run(_input, ctx, of) {
    if ('point' in of) return { Tags: [...of.point.tags] };
    const { Tags } = await ctx.call<{ Tags: readonly Tag[] }>('s3', 'ListTagsForResource', { Bucket: of.bucket });
    return { Tags: [...Tags] };
  },
};

export const TagResource: Operation<Present<TagResourceRequest> & Asked, object, Tagged> = {
  load: tagged,
  access: (input, ctx, of) => {
    if (!('point' in of)) return new Open(ASKED_OF_S3);
    const own = accessOf(ctx, of.point);
    return { ...own, conditions: { ...own.conditions, ...requestTags(input.Tags) } };
  },
  async run(input, ctx, of) {
    const given = (input.Tags ?? []).map(({ Key = '', Value = '' }) => ({ Key, Value }));
    requireTags(given);
    if ('bucket' in of) {
      await ctx.call('s3', 'TagResource', { Bucket: of.bucket, Tags: given });
      return {};
    }
    const tags = withTags(of.point.tags, given);
    if (tags.length > TAGS_MAX) throw new CommonError('TooManyTagsException', 'The number of tags exceeds 50.');
    await ctx.store.replace(accessPoints, { ...of.point, tags });
    return {};
  },
};

export const UntagResource: Operation<Present<UntagResourceRequest> & Asked, object, Tagged> = {
  load: tagged,
  access: (input, ctx, of) => {
    if (!('point' in of)) return new Open(ASKED_OF_S3);
    const own = accessOf(ctx, of.point);
    return { ...own, conditions: { ...own.conditions, ...requestTagKeys(input.TagKeys) } };
  },
  async run(input, ctx, of) {
    if ('bucket' in of) await ctx.call('s3', 'UntagResource', { Bucket: of.bucket, TagKeys: input.TagKeys });
    else {
      const tags = withoutTags(of.point.tags, input.TagKeys ?? []);
      await ctx.store.replace(accessPoints, { ...of.point, tags });
    }
    return {};
  },
};

function requireTags(tags: readonly Tag[]): void {
  if (tags.some(({ Key }) => /^aws:/i.test(Key))) {
    const message = `User-defined tag keys can't start with "aws:". This prefix is reserved for system tags. Remove "aws:" from your tag keys and try again.`;
    throw new CommonError('InvalidTag', message);
  }
}
