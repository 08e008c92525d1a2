/** Tags of roots, units, accounts, policies and the delegation policy. At most fifty each. */
import {
  type ListTagsForResourceRequest,
  type ListTagsForResourceResponse,
  type TagResourceRequest,
  TargetNotFoundException,
  type UntagResourceRequest,
} from '@aws-sdk/client-organizations';
import type { Context } from '../../core/context.ts';
import { awsError } from '../../core/errors.ts';
import { type Access, Missing, type Present, type Tag } from '../../core/operation.ts';
import { requestTagKeys, requestTags, withoutTags, withTags } from '../../core/tags.ts';
import { organizationPolicies } from '../../identity/organization.ts';
import { policyArn, resourcePolicyArn } from './arns.ts';
import { placeArn, placeOf, putTags, tagsOf } from './places.ts';
import { invalid, violated } from './refusals.ts';
import { resourcePolicies } from './resourcePolicyRows.ts';
import { operation, type Seat } from './seats.ts';

const TAGS_MAX = 50;

export const TagResource = operation<Present<TagResourceRequest>, object, Tagged>({
  who: 'delegates',
  find: (input, ctx, seat) => findTagged(ctx, seat, input.ResourceId),
  access: (input, _seat, tagged) => taggedAccess(tagged, requestTags(input.Tags)),
  async run(input, ctx, { organization }, { id, tags }) {
    await putTags(ctx, organization, id, checkedTags(withTags(tags, newTags(input.Tags))));
    return {};
  },
});

export const UntagResource = operation<Present<UntagResourceRequest>, object, Tagged>({
  who: 'delegates',
  find: (input, ctx, seat) => findTagged(ctx, seat, input.ResourceId),
  access: (input, _seat, tagged) => taggedAccess(tagged, requestTagKeys(input.TagKeys)),
  async run(input, ctx, { organization }, { id, tags }) {
    if (input.TagKeys.some(isSystemKey)) invalid('INVALID_SYSTEM_TAGS_PARAMETER');
    await putTags(ctx, organization, id, withoutTags(tags, input.TagKeys));
    return {};
  },
});

export const ListTagsForResource = operation<Present<ListTagsForResourceRequest>, ListTagsForResourceResponse, Tagged>({
  who: 'readers',
  find: (input, ctx, seat) => findTagged(ctx, seat, input.ResourceId),
  access: (_input, _seat, tagged) => taggedAccess(tagged, {}),
  async run(input, _ctx, _seat, { tags }) {
    if (input.NextToken !== undefined) invalid('INVALID_NEXT_TOKEN');
    return { Tags: tags.map((tag) => ({ ...tag })) };
  },
});

/** Tags for something new: checked, at most fifty. */
export const checkedNewTags = (tags: readonly Partial<Record<keyof Tag, string | undefined>>[] | undefined) =>
  checkedTags(newTags(tags));

interface Tagged {
  readonly id: string;
  readonly arn: string;
  readonly tags: readonly Tag[];
  /** Of a policy. */
  readonly policyType?: string;
}

const taggedAccess = (tagged: Tagged, conditions: NonNullable<Access['conditions']>): Access => ({
  resource: tagged.arn,
  resourceTags: tagged.tags,
  conditions: { ...conditions, 'organizations:PolicyType': tagged.policyType },
});

async function findTagged(ctx: Context, seat: Seat, id: string): Promise<Tagged | Missing> {
  const { organization } = seat;
  const tags = await tagsOf(ctx, organization, id);
  if (id.startsWith('p-')) {
    const policy = await ctx.store.get(organizationPolicies, [organization.id, id]);
    if (policy) return { id, arn: policyArn(organization, policy.type, id), tags, policyType: policy.type };
  } else if (id.startsWith('rp-')) {
    const policy = await ctx.store.get(resourcePolicies, [organization.id]);
    if (policy?.id === id) return { id, arn: resourcePolicyArn(organization, id), tags };
  } else {
    const place = await placeOf(ctx, organization, id);
    if (place) return place;
  }
  return new Missing(
    placeArn(organization, id),
    awsError(TargetNotFoundException, "You specified a target that doesn't exist."),
  );
}

function newTags(tags: readonly Partial<Record<keyof Tag, string | undefined>>[] | undefined): readonly Tag[] {
  const given = (tags ?? []).map(({ Key = '', Value = '' }) => ({ Key, Value }));
  if (new Set(given.map((tag) => tag.Key)).size < given.length) invalid('DUPLICATE_TAG_KEY');
  if (given.some((tag) => isSystemKey(tag.Key))) invalid('INVALID_SYSTEM_TAGS_PARAMETER');
  return given;
}

function checkedTags(tags: readonly Tag[]): readonly Tag[] {
  if (tags.length > TAGS_MAX) violated('MAX_TAG_LIMIT_EXCEEDED');
  return tags;
}

const isSystemKey = (key: string) => key.toLowerCase().startsWith('aws:');
