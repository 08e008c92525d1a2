/** Tags of access points and Access Grants, and of buckets, which S3 keeps. */
import type {
  ListTagsForResourceRequest,
  ListTagsForResourceResult,
  TagResourceRequest,
  UntagResourceRequest,
} from '@aws-sdk/client-s3-control';
import type { Context } from '../../core/context.ts';
import { CommonError } from '../../core/errors.ts';
import { type Access, Missing, Open, type Operation, type Present, type Tag } from '../../core/operation.ts';
import { requestTagKeys, requestTags, withoutTags, withTags } from '../../core/tags.ts';
import { accessPoints } from '../../identity/accessPoints.ts';
import { accessOf } from './accessPoints.ts';
import { requireOwnAccount } from './accounts.ts';
import {
  accessGrants,
  grantArn,
  grantsInstances,
  grantsLocations,
  locationArn,
  onInstance,
  placeOf,
} from './grantRows.ts';

interface Asked {
  readonly AccountId?: string | undefined;
  readonly ResourceArn: string;
}

/** A bucket by its name, whose tags are the affair of S3; or what this service keeps. */
type Tagged = { readonly bucket: string } | Kept;

interface Kept {
  readonly access: Access;
  readonly tags: readonly Tag[];
  readonly keep: (tags: readonly Tag[]) => Promise<void>;
}

const TAGS_MAX = 50;

const noSuchResource = () => new CommonError('NoSuchResource', "The specified resource doesn't exist.", 404);

const otherKind = () => new CommonError('NotImplemented', 'Tagging this kind of resource is not implemented.', 501);

/** How names of the kinds begin, behind account and Region, and how such a thing is found. */
const KINDS: readonly (readonly [RegExp, (ctx: Context, name: Named) => Promise<Kept | undefined>])[] = [
  [/^accesspoint\/([a-z0-9-]+)$/, keptPoint],
  [/^access-grants\/default$/, keptInstance],
  [/^access-grants\/default\/location\/([a-zA-Z0-9-]+)$/, keptLocation],
  [/^access-grants\/default\/grant\/([a-zA-Z0-9-]+)$/, keptGrant],
];

interface Named {
  readonly account: string;
  readonly region: string;
  readonly id: string;
}

async function tagged(input: Asked, ctx: Context): Promise<Tagged | Missing> {
  requireOwnAccount(ctx, input.AccountId);
  const arn = decoded(input.ResourceArn);
  const bucket = /^arn:aws:s3:::([a-z0-9.-]+)$/.exec(arn)?.[1];
  if (bucket !== undefined) return { bucket };
  const [, region = '', account = '', path = ''] = /^arn:aws:s3:([a-z0-9-]+):(\d{12}):(.+)$/.exec(arn) ?? [];
  for (const [pattern, find] of KINDS) {
    const named = pattern.exec(path);
    if (!named) continue;
    const found = account === ctx.account && (await find(ctx, { account, region, id: named[1] ?? '' }));
    return found || new Missing(arn, noSuchResource());
  }
  return new Missing(arn, otherKind());
}

/** Some clients encode an ARN in a path twice. */
function decoded(arn: string): string {
  try {
    return decodeURIComponent(arn);
  } catch {
    return arn;
  }
}

async function keptPoint(ctx: Context, { account, region, id }: Named): Promise<Kept | undefined> {
  const point = await ctx.store.get(accessPoints, [account, region, id]);
  return (
    point && {
      access: accessOf(ctx, point),
      tags: point.tags,
      keep: (tags) => ctx.store.replace(accessPoints, { ...point, tags }),
    }
  );
}

async function keptInstance(ctx: Context, { account, region }: Named): Promise<Kept | undefined> {
  const instance = await ctx.store.get(grantsInstances, [account, region]);
  return (
    instance && {
      access: onInstance(instance),
      tags: instance.tags,
      keep: (tags) => ctx.store.replace(grantsInstances, { ...instance, tags }),
    }
  );
}

async function keptLocation(ctx: Context, name: Named): Promise<Kept | undefined> {
  const location = await ctx.store.get(grantsLocations, [placeOf(name), name.id]);
  return (
    location && {
      access: { resource: locationArn(location), resourceTags: location.tags },
      tags: location.tags,
      keep: (tags) => ctx.store.replace(grantsLocations, { ...location, tags }),
    }
  );
}

async function keptGrant(ctx: Context, name: Named): Promise<Kept | undefined> {
  const grant = await ctx.store.get(accessGrants, [placeOf(name), name.id]);
  return (
    grant && {
      access: { resource: grantArn(grant), resourceTags: grant.tags },
      tags: grant.tags,
      keep: (tags) => ctx.store.replace(accessGrants, { ...grant, tags }),
    }
  );
}

const ASKED_OF_S3 = 'S3 asks for permission on the bucket.';

export const ListTagsForResource: Operation<
  Present<ListTagsForResourceRequest> & Asked,
  ListTagsForResourceResult,
  Tagged
> = {
  load: tagged,
  access: (_input, _ctx, of) => ('bucket' in of ? new Open(ASKED_OF_S3) : of.access),
  async run(_input, ctx, of) {
    if (!('bucket' in of)) return { Tags: [...of.tags] };
    const { Tags } = await ctx.call<{ Tags: readonly Tag[] }>('s3', 'ListTagsForResource', { Bucket: of.bucket });
    return { Tags: [...Tags] };
  },
};

export const TagResource: Operation<Present<TagResourceRequest> & Asked, object, Tagged> = {
  load: tagged,
  access: (input, _ctx, of) => {
    if ('bucket' in of) return new Open(ASKED_OF_S3);
    return { ...of.access, conditions: { ...of.access.conditions, ...requestTags(input.Tags) } };
  },
  async run(input, ctx, of) {
    const given = (input.Tags ?? []).map(({ Key = '', Value = '' }) => ({ Key, Value }));
    requireTags(given);
    if ('bucket' in of) {
      await ctx.call('s3', 'TagResource', { Bucket: of.bucket, Tags: given });
      return {};
    }
    const tags = withTags(of.tags, given);
    if (tags.length > TAGS_MAX) throw new CommonError('TooManyTagsException', 'The number of tags exceeds 50.');
    await of.keep(tags);
    return {};
  },
};

export const UntagResource: Operation<Present<UntagResourceRequest> & Asked, object, Tagged> = {
  load: tagged,
  access: (input, _ctx, of) => {
    if ('bucket' in of) return new Open(ASKED_OF_S3);
    return { ...of.access, conditions: { ...of.access.conditions, ...requestTagKeys(input.TagKeys) } };
  },
  async run(input, ctx, of) {
    if ('bucket' in of) await ctx.call('s3', 'UntagResource', { Bucket: of.bucket, TagKeys: input.TagKeys });
    else await of.keep(withoutTags(of.tags, input.TagKeys ?? []));
    return {};
  },
};

function requireTags(tags: readonly Tag[]): void {
  if (tags.some(({ Key }) => /^aws:/i.test(Key))) {
    const message = `User-defined tag keys can't start with "aws:". This prefix is reserved for system tags. Remove "aws:" from your tag keys and try again.`;
    throw new CommonError('InvalidTag', message);
  }
}
