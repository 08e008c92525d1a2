/** TagX, UntagX and ListXTags are the same three operations over every kind of thing: written once. */
import type { Context } from '../../core/context.ts';
import type { Access, Missing, Operation, Tag } from '../../core/operation.ts';
import { requestTagKeys, requestTags } from '../../core/tags.ts';
import { itemsPage, type PageEnd, type PageInput } from './pages.ts';
import { taggedWith, untagged } from './tags.ts';

interface Taggable<Row extends { readonly tags: readonly Tag[] }, Names> {
  readonly find: (ctx: Context, input: Names) => Promise<Row | Missing>;
  readonly access: (row: Row, conditions?: Access['conditions']) => Access;
  /** As in `Cannot exceed quota for TagsPerRole: 50`. */
  readonly quotaName: string;
  readonly save: (ctx: Context, row: Row, tags: readonly Tag[], operation: string) => Promise<void>;
}

interface GivenTag {
  Key: string | undefined;
  Value: string | undefined;
}

interface Tagging<Row, Names> {
  readonly Tag: Operation<Names & { readonly Tags: readonly GivenTag[] }, object, Row>;
  readonly Untag: Operation<Names & { readonly TagKeys: readonly string[] }, object, Row>;
  readonly List: Operation<Names & PageInput, PageEnd & { Tags: Tag[] }, Row>;
}

export function tagging<Row extends { readonly tags: readonly Tag[] }, Names>(
  thing: Taggable<Row, Names>,
): Tagging<Row, Names> {
  const noun = thing.quotaName.replace('TagsPer', '');
  const load = (input: Names, ctx: Context) => thing.find(ctx, input);
  return {
    Tag: {
      load,
      access: (input, _ctx, row) => thing.access(row, requestTags([...input.Tags])),
      async run(input, ctx, row) {
        await thing.save(ctx, row, taggedWith(row.tags, input.Tags, thing.quotaName), `Tag${noun}`);
        return {};
      },
    },
    Untag: {
      load,
      access: (input, _ctx, row) => thing.access(row, requestTagKeys(input.TagKeys)),
      async run(input, ctx, row) {
        await thing.save(ctx, row, untagged(row.tags, input.TagKeys), `Untag${noun}`);
        return {};
      },
    },
    List: {
      load,
      access: (_input, _ctx, row) => thing.access(row),
      async run(input, _ctx, row) {
        const sorted = [...row.tags].sort((a, b) => (a.Key < b.Key ? -1 : 1));
        const { items, page } = itemsPage(sorted, input);
        return { Tags: items, ...page };
      },
    },
  };
}
