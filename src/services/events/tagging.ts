/** Tags of event buses and rules: nothing else in EventBridge has any. */
import type {
  ListTagsForResourceRequest,
  ListTagsForResourceResponse,
  TagResourceRequest,
  UntagResourceRequest,
} from '@aws-sdk/client-eventbridge';
import type { Context } from '../../core/context.ts';
import { Missing, type Operation, type Present, type Tag } from '../../core/operation.ts';
import { requestTagKeys, requestTags, withoutTags, withTags } from '../../core/tags.ts';
import { buses, findBus } from './busRows.ts';
import { invalid, noBus, noRule, overLimit, refuse, requireUnmanaged } from './errors.ts';
import { busArn, busNamed, ruleNamed } from './names.ts';
import { ruleKey, rules } from './ruleRows.ts';

const TAGS_MAX = 50;

interface Tagged {
  readonly arn: string;
  readonly tags: readonly Tag[];
  readonly keep: (tags: readonly Tag[]) => Promise<void>;
}

/** `tags` with these put over them, if AWS accepts them. */
export function acceptedTags(
  tags: readonly Tag[],
  given: readonly { readonly Key?: string | undefined; readonly Value?: string | undefined }[],
): readonly Tag[] {
  const changes = given.map(({ Key, Value }) => ({ Key: Key ?? '', Value: Value ?? '' }));
  if (changes.some(({ Key }) => /^aws:/i.test(Key))) refuse('Tag keys starting with aws: are reserved for system use.');
  if (new Set(changes.map(({ Key }) => Key)).size < changes.length) refuse('Duplicate tag keys are not allowed.');
  const merged = withTags(tags, changes);
  if (merged.length > TAGS_MAX) overLimit();
  return merged;
}

async function load({ ResourceARN }: { ResourceARN: string }, ctx: Context): Promise<Tagged | Missing> {
  const name = ruleNamed(ResourceARN);
  if (name) {
    const rule = await ctx.store.get(rules, ruleKey(name));
    if (!rule) return new Missing(ResourceARN, noRule(name.name, name.bus));
    const keep = (tags: readonly Tag[]) => {
      requireUnmanaged(rule);
      return ctx.store.replace(rules, { ...rule, tags });
    };
    return { arn: ResourceARN, tags: rule.tags, keep };
  }
  if (!/^arn:[\w-]+:events:[a-z0-9-]+:\d{12}:event-bus\/.+$/.test(ResourceARN)) {
    return new Missing(
      ResourceARN,
      invalid('Parameter ResourceARN is not valid. Reason: Provided Arn is not in correct format.'),
    );
  }
  const named = busNamed(ctx, ResourceARN);
  const bus = await findBus(ctx.store, named);
  if (!bus) return new Missing(busArn(named), noBus(named.name));
  return { arn: busArn(bus), tags: bus.tags, keep: (tags) => ctx.store.replace(buses, { ...bus, tags }) };
}

const accessOf = (tagged: Tagged, conditions = {}) => ({ resource: tagged.arn, resourceTags: tagged.tags, conditions });

export const TagResource: Operation<Present<TagResourceRequest>, object, Tagged> = {
  load,
  access: (input, _ctx, tagged) => accessOf(tagged, requestTags(input.Tags)),
  async run(input, _ctx, tagged) {
    await tagged.keep(acceptedTags(tagged.tags, input.Tags));
    return {};
  },
};

export const UntagResource: Operation<Present<UntagResourceRequest>, object, Tagged> = {
  load,
  access: (input, _ctx, tagged) => accessOf(tagged, requestTagKeys(input.TagKeys)),
  async run(input, _ctx, tagged) {
    await tagged.keep(withoutTags(tagged.tags, input.TagKeys));
    return {};
  },
};

export const ListTagsForResource: Operation<
  Present<ListTagsForResourceRequest>,
  ListTagsForResourceResponse,
  Tagged
> = {
  load,
  access: (_input, _ctx, tagged) => accessOf(tagged),
  run: async (_input, _ctx, { tags }) => ({ Tags: [...tags] }),
};
