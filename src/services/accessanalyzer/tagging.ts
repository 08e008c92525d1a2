/** Tags of analyzers. */
import type {
  ListTagsForResourceRequest,
  ListTagsForResourceResponse,
  TagResourceRequest,
  UntagResourceRequest,
} from '@aws-sdk/client-accessanalyzer';
import type { Context } from '../../core/context.ts';
import type { Operation, Present } from '../../core/operation.ts';
import { requestTagKeys, requestTags, withoutTags, withTags } from '../../core/tags.ts';
import { analyzerAccess, checkTags, findByArn, tagsOf } from './analyzerAccess.ts';
import { type Analyzer, analyzers } from './analyzerRows.ts';

const load = (input: { readonly resourceArn: string }, ctx: Context) => findByArn(ctx, input.resourceArn);

type List = Operation<Present<ListTagsForResourceRequest>, ListTagsForResourceResponse, Analyzer>;
export const ListTagsForResource: List = {
  load,
  access: analyzerAccess,
  run: async (_input, _ctx, { tags }) => ({ tags: Object.fromEntries(tags.map(({ Key, Value }) => [Key, Value])) }),
};

export const TagResource: Operation<Present<TagResourceRequest>, object, Analyzer> = {
  load,
  access: (input, ctx, analyzer) => ({
    ...analyzerAccess(input, ctx, analyzer),
    conditions: requestTags(tagsOf(input.tags)),
  }),
  async run(input, ctx, analyzer) {
    const tags = withTags(analyzer.tags, tagsOf(input.tags));
    checkTags(tags);
    await ctx.store.replace(analyzers, { ...analyzer, tags });
    return {};
  },
};

export const UntagResource: Operation<Present<UntagResourceRequest>, object, Analyzer> = {
  load,
  access: (input, ctx, analyzer) => ({
    ...analyzerAccess(input, ctx, analyzer),
    conditions: requestTagKeys(input.tagKeys),
  }),
  async run(input, ctx, analyzer) {
    await ctx.store.replace(analyzers, { ...analyzer, tags: withoutTags(analyzer.tags, input.tagKeys) });
    return {};
  },
};
