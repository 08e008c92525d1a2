/** Tags of trails, event data stores, channels and dashboards. */
import {
  type AddTagsRequest,
  type AddTagsResponse,
  CloudTrailARNInvalidException,
  InvalidTagParameterException,
  InvalidTokenException,
  type ListTagsRequest,
  type ListTagsResponse,
  type RemoveTagsRequest,
  type RemoveTagsResponse,
  ResourceNotFoundException,
  ResourceTypeNotSupportedException,
  type Tag as SdkTag,
  TagsLimitExceededException,
} from '@aws-sdk/client-cloudtrail';
import { parseArn } from '../../core/arn.ts';
import type { Context } from '../../core/context.ts';
import { awsError, fail } from '../../core/errors.ts';
import { type Access, Missing, type Operation, type Present, type Tag } from '../../core/operation.ts';
import { requestTagKeys, requestTags, withoutTags, withTags } from '../../core/tags.ts';
import { taggedChannel } from './channels.ts';
import { taggedDashboard } from './dashboardNames.ts';
import { taggedStore } from './eventDataStoreNames.ts';
import { findTrail, requireHome, trailAccess } from './trailNames.ts';
import { trailArn, trails } from './trailRows.ts';

const TAGS_MAX = 50;

/** `tags` with the new ones. Throws what AWS says of a list that cannot be. */
export function newTags(tags: readonly Tag[], added: readonly SdkTag[]): readonly Tag[] {
  const keys = added.map(({ Key }) => Key ?? '');
  if (new Set(keys).size < keys.length) fail(InvalidTagParameterException, 'Tag list contains duplicate keys.');
  const reserved = keys.find((key) => key.toLowerCase().startsWith('aws:'));
  if (reserved !== undefined) fail(InvalidTagParameterException, `Tag key ${reserved} must not begin with aws:.`);
  const all = withTags(
    tags,
    added.map(({ Key = '', Value = '' }) => ({ Key, Value })),
  );
  if (all.length > TAGS_MAX) {
    fail(TagsLimitExceededException, `The number of tags per resource has exceeded the limit of ${TAGS_MAX}.`);
  }
  return all;
}

/** Something that has tags, whatever it is. */
export interface Tagged {
  readonly arn: string;
  /** What is asked of whoever wants to see or change them. */
  readonly access: Access;
  readonly tags: readonly Tag[];
  readonly write: (tags: readonly Tag[]) => Promise<void>;
}

type Find = (ctx: Context, arn: string) => Promise<Tagged | Missing>;

const KINDS: Readonly<Record<string, Find>> = {
  trail: taggedTrail,
  eventdatastore: taggedStore,
  channel: taggedChannel,
  dashboard: taggedDashboard,
};

async function taggedTrail(ctx: Context, arn: string): Promise<Tagged | Missing> {
  const trail = await findTrail(ctx, arn);
  if (trail instanceof Missing) return trail;
  return {
    arn: trailArn(trail),
    access: trailAccess(ctx, trail),
    tags: trail.tags,
    async write(tags) {
      await requireHome(ctx, trail);
      await ctx.store.replace(trails, { ...trail, tags });
    },
  };
}

async function findTagged(ctx: Context, text: string): Promise<Tagged | Missing> {
  const arn = parseArn(text);
  if (arn?.service !== 'cloudtrail') {
    return new Missing('*', awsError(CloudTrailARNInvalidException, `Invalid ARN: ${text}`));
  }
  const find = KINDS[arn.resource.split('/')[0] ?? ''];
  if (find) return find(ctx, text);
  return new Missing(text, awsError(ResourceTypeNotSupportedException, `Resource type is not supported: ${text}`));
}

/** https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_AddTags.html */
export const AddTags: Operation<Present<AddTagsRequest>, AddTagsResponse, Tagged> = {
  load: (input, ctx) => findTagged(ctx, input.ResourceId),
  access: (input, _ctx, { access }) => ({ ...access, conditions: requestTags(input.TagsList) }),
  async run(input, _ctx, tagged) {
    await tagged.write(newTags(tagged.tags, input.TagsList));
    return {};
  },
};

/** A tag with a value is removed only if it has that value. */
export const RemoveTags: Operation<Present<RemoveTagsRequest>, RemoveTagsResponse, Tagged> = {
  load: (input, ctx) => findTagged(ctx, input.ResourceId),
  access: (input, _ctx, { access }) => ({
    ...access,
    conditions: requestTagKeys(input.TagsList.map(({ Key }) => Key ?? '')),
  }),
  async run(input, _ctx, tagged) {
    const held = new Map(tagged.tags.map(({ Key, Value }) => [Key, Value]));
    const removed = input.TagsList.filter(({ Key = '', Value }) => Value === undefined || held.get(Key) === Value);
    await tagged.write(
      withoutTags(
        tagged.tags,
        removed.map(({ Key }) => Key ?? ''),
      ),
    );
    return {};
  },
};

const RESOURCES_MAX = 20;

/** https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_ListTags.html */
export const ListTags: Operation<Present<ListTagsRequest>, ListTagsResponse, readonly Tagged[]> = {
  async load(input, ctx) {
    const found: Tagged[] = [];
    for (const id of input.ResourceIdList.slice(0, RESOURCES_MAX)) {
      const tagged = await findTagged(ctx, id);
      if (tagged instanceof Missing) return isGone(tagged) ? new Missing(tagged.resource, notFound(id)) : tagged;
      found.push(tagged);
    }
    return found;
  },
  access: (_input, _ctx, found) => found.map(({ access }) => access),
  async run(input, _ctx, found) {
    if (input.NextToken !== undefined) fail(InvalidTokenException, 'Invalid NextToken.');
    return {
      ResourceTagList: found.map(({ arn, tags }) => ({ ResourceId: arn, TagsList: tags.map((tag) => ({ ...tag })) })),
    };
  },
};

const isGone = ({ error }: Missing) => /NotFoundException$/.test(error.name);

const notFound = (id: string) => awsError(ResourceNotFoundException, `Resource not found: ${id}`);
