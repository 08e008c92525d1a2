/** Tags of instances, permission sets, applications and trusted token issuers. */
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
import { findApplication, findIssuer, noApplication, noIssuer } from './applicationAccess.ts';
import { notFound } from './errors.ts';
import { itemsPage } from './pages.ts';
import { checkedTags, putTags, tagsOf } from './tagRows.ts';

interface Tagged {
  readonly instance: Instance;
  readonly arn: string;
  readonly tags: readonly Tag[];
  /** Present for a permission set, which carries its tags itself. */
  readonly set?: PermissionSet;
}

type OnTagged<In, Out> = Operation<In, Out, Tagged>;

async function load(input: { InstanceArn?: string | undefined; ResourceArn: string }, ctx: Context) {
  const { ResourceArn: arn } = input;
  const instance = await instanceBehind(ctx, input.InstanceArn ?? arn);
  if (!instance) return noInstance(input.InstanceArn ?? arn);
  if (arn === instanceArn(instance)) return { instance, arn, tags: await tagsOf(ctx, arn) };
  if (arn.includes(':application/'))
    return taggedOf(instance, arn, await findApplication(ctx, arn)) ?? noApplication(arn);
  if (arn.includes(':trustedTokenIssuer/')) return taggedOf(instance, arn, await findIssuer(ctx, arn)) ?? noIssuer(arn);
  if (!arn.includes(':permissionSet/')) return new Missing(arn, notFound(`Resource with ARN ${arn} not found`));
  const set = await findSet(ctx, instance, arn);
  return set ? { instance, arn, tags: set.tags, set } : noSet(arn);
}

const taggedOf = (instance: Instance, arn: string, found: { tags: readonly Tag[] } | undefined): Tagged | undefined =>
  found && { instance, arn, tags: found.tags };

async function instanceBehind(ctx: Context, arn: string): Promise<Instance | undefined> {
  const id = /^arn:aws:sso::\d*:(?:instance|permissionSet|application|trustedTokenIssuer)\/(ssoins-[^/]+)/.exec(
    arn,
  )?.[1];
  const row = id === undefined ? undefined : await ctx.store.get(instances, [id]);
  return row && findInstance(ctx, instanceArn(row));
}

/** To a delegated administrator what is the instance's is as its own. */
const access = (ctx: Context, { arn, tags }: Tagged, conditions: Access['conditions'] = {}): Access =>
  accessTo(arn, { resourceAccount: ctx.account, resourceTags: tags, conditions });

async function write(ctx: Context, { set, arn }: Tagged, tags: readonly Tag[]): Promise<void> {
  if (set) await ctx.store.replace(permissionSets, { ...set, tags });
  else await putTags(ctx, arn, tags);
}

export const TagResource: OnTagged<Present<TagResourceRequest>, object> = {
  load,
  access: ({ Tags }, ctx, tagged) => access(ctx, tagged, requestTags(Tags)),
  async run({ Tags }, ctx, tagged) {
    await write(ctx, tagged, checkedTags(withTags(tagged.tags, checkedTags(Tags))));
    return {};
  },
};

export const UntagResource: OnTagged<Present<UntagResourceRequest>, object> = {
  load,
  access: ({ TagKeys }, ctx, tagged) => access(ctx, tagged, requestTagKeys(TagKeys)),
  async run({ TagKeys }, ctx, tagged) {
    await write(ctx, tagged, withoutTags(tagged.tags, TagKeys));
    return {};
  },
};

export const ListTagsForResource: OnTagged<Present<ListTagsForResourceRequest>, ListTagsForResourceResponse> = {
  load,
  access: (_input, ctx, tagged) => access(ctx, tagged),
  async run(input, _ctx, { tags }) {
    const { items: rows, page } = itemsPage(tags, input);
    return { Tags: [...rows], ...page };
  },
};
