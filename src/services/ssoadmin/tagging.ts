/** Tags of instances and permission sets. */
import type {
  ListTagsForResourceRequest,
  ListTagsForResourceResponse,
  TagResourceRequest,
  UntagResourceRequest,
} from '@aws-sdk/client-sso-admin';
import type { Context } from '../../core/context.ts';
import { type Access, Missing, type Operation, type Present, type Tag } from '../../core/operation.ts';
import { requestTagKeys, requestTags, withoutTags, withTags } from '../../core/tags.ts';
import { type Instance, instanceArn, instances } from '../../identity/instances.ts';
import { type PermissionSet, permissionSets } from '../../identity/permissionSets.ts';
import { accessTo, findInstance, findSet, noInstance, noSet } from './access.ts';
import { notFound } from './errors.ts';
import { itemsPage } from './pages.ts';
import { checkedTags, putTags, tagsOf } from './tagRows.ts';

interface Tagged {
  readonly arn: string;
  readonly tags: readonly Tag[];
  /** Absent: the instance itself. */
  readonly set?: PermissionSet;
}

type OnTagged<In, Out> = Operation<In, Out, Tagged>;

async function load(input: { InstanceArn?: string | undefined; ResourceArn: string }, ctx: Context) {
  const { ResourceArn: arn } = input;
  const instance = await instanceBehind(ctx, input.InstanceArn ?? arn);
  if (!instance) return noInstance(input.InstanceArn ?? arn);
  if (arn === instanceArn(instance)) return { arn, tags: await tagsOf(ctx, arn) };
  if (!arn.includes(':permissionSet/')) return new Missing(arn, notFound(`Resource with ARN ${arn} not found`));
  const set = await findSet(ctx, instance, arn);
  return set ? { arn, tags: set.tags, set } : noSet(arn);
}

async function instanceBehind(ctx: Context, arn: string): Promise<Instance | undefined> {
  const id = /^arn:aws:sso:::(?:instance|permissionSet)\/(ssoins-[^/]+)/.exec(arn)?.[1];
  const row = id === undefined ? undefined : await ctx.store.get(instances, [id]);
  return row && findInstance(ctx, instanceArn(row));
}

const access = ({ arn, tags }: Tagged, conditions: Access['conditions'] = {}): Access =>
  accessTo(arn, { resourceTags: tags, conditions });

async function write(ctx: Context, { set, arn }: Tagged, tags: readonly Tag[]): Promise<void> {
  if (set) await ctx.store.replace(permissionSets, { ...set, tags });
  else await putTags(ctx, arn, tags);
}

export const TagResource: OnTagged<Present<TagResourceRequest>, object> = {
  load,
  access: ({ Tags }, _ctx, tagged) => access(tagged, requestTags(Tags)),
  async run({ Tags }, ctx, tagged) {
    await write(ctx, tagged, checkedTags(withTags(tagged.tags, checkedTags(Tags))));
    return {};
  },
};

export const UntagResource: OnTagged<Present<UntagResourceRequest>, object> = {
  load,
  access: ({ TagKeys }, _ctx, tagged) => access(tagged, requestTagKeys(TagKeys)),
  async run({ TagKeys }, ctx, tagged) {
    await write(ctx, tagged, withoutTags(tagged.tags, TagKeys));
    return {};
  },
};

export const ListTagsForResource: OnTagged<Present<ListTagsForResourceRequest>, ListTagsForResourceResponse> = {
  load,
  access: (_input, _ctx, tagged) => access(tagged),
  async run(input, _ctx, { tags }) {
    const { rows, page } = itemsPage(tags, input);
    return { Tags: [...rows], ...page };
  },
};
