/** Tags of trust anchors, profiles, CRLs and subjects. */
import type { Context } from '../../core/context.ts';
import { awsError } from '../../core/errors.ts';
import { Missing, type Operation, type Present, type Tag } from '../../core/operation.ts';
import { requestTagKeys, requestTags, withoutTags, withTags } from '../../core/tags.ts';
import { missing, refuse, tooManyTags } from './errors.ts';
import { ValidationException } from './model.ts';
import { accessTo, changed, find } from './resources.ts';
import { type AnyRow, arnOf, type Kind, named, TABLES } from './rows.ts';
import type * as t from './types.ts';

const TAGS_MAX = 50;

/** `tags` with those of a request put over them. */
export function acceptedTags(tags: readonly Tag[], given: readonly t.Tag[] = []): readonly Tag[] {
  const changes = given.map(({ key, value }) => ({ Key: key ?? '', Value: value ?? '' }));
  if (changes.some(({ Key }) => /^aws:/i.test(Key))) refuse('Tag keys starting with aws: are reserved for system use.');
  if (new Set(changes.map(({ Key }) => Key)).size < changes.length) refuse('Duplicate tag keys are not allowed.');
  const merged = withTags(tags, changes);
  if (merged.length > TAGS_MAX) tooManyTags(`A resource can have at most ${TAGS_MAX} tags.`);
  return merged;
}

interface Tagged {
  readonly kind: Kind;
  readonly row: AnyRow;
}

async function load({ resourceArn }: { resourceArn: string }, ctx: Context): Promise<Tagged | Missing> {
  const name = named(resourceArn);
  if (!name) return new Missing(resourceArn, awsError(ValidationException, 'Invalid resource ARN.'));
  if (name.region !== ctx.region || name.account !== ctx.account) {
    return new Missing(arnOf(name.kind, name), missing(name.kind));
  }
  const row = await find(ctx, name.kind, TABLES[name.kind], name.id);
  return row instanceof Missing ? row : { kind: name.kind, row };
}

const asPairs = (tags: readonly t.Tag[]) => tags.map(({ key, value }) => ({ Key: key, Value: value }));

export const TagResource: Operation<Present<t.TagResourceRequest>, t.TagResourceResponse, Tagged> = {
  load,
  access: (input, _ctx, { kind, row }) => accessTo(kind, row, requestTags(asPairs(input.tags))),
  async run(input, ctx, { kind, row }) {
    await changed(ctx, TABLES[kind], row, { tags: acceptedTags(row.tags, input.tags) });
    return {};
  },
};

export const UntagResource: Operation<Present<t.UntagResourceRequest>, t.UntagResourceResponse, Tagged> = {
  load,
  access: (input, _ctx, { kind, row }) => accessTo(kind, row, requestTagKeys(input.tagKeys)),
  async run(input, ctx, { kind, row }) {
    await changed(ctx, TABLES[kind], row, { tags: withoutTags(row.tags, input.tagKeys) });
    return {};
  },
};

export const ListTagsForResource: Operation<
  Present<t.ListTagsForResourceRequest>,
  t.ListTagsForResourceResponse,
  Tagged
> = {
  load,
  // The action has no resource types.
  access: () => ({ resource: '*' }),
  run: async (_input, _ctx, { row }) => ({ tags: row.tags.map(({ Key, Value }) => ({ key: Key, value: Value })) }),
};
