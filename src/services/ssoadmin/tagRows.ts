/** Tags of instances, applications and token issuers. Permission sets carry theirs in their own row. */
import type { Context } from '../../core/context.ts';
import type { Tag } from '../../core/operation.ts';
import { table } from '../../store/store.ts';
import { failInvalid, failQuota } from './errors.ts';

interface Tagged {
  /** ARN */
  readonly resource: string;
  readonly tags: readonly Tag[];
}

export const tagRows = table<Tagged>('identitycenter_tags', { key: (row) => [row.resource] });

const TAGS_MAX = 75;

export async function tagsOf(ctx: Context, resource: string): Promise<readonly Tag[]> {
  return (await ctx.store.get(tagRows, [resource]))?.tags ?? [];
}

export async function putTags(ctx: Context, resource: string, tags: readonly Tag[]): Promise<void> {
  if (tags.length === 0) await ctx.store.remove(tagRows, [resource]);
  else await ctx.store.replace(tagRows, { resource, tags });
}

/** As clients send them: a key once, none of AWS's own, not too many. */
export function checkedTags(tags: readonly { Key?: string | undefined; Value?: string | undefined }[] = []): Tag[] {
  const checked = tags.map(({ Key = '', Value = '' }) => ({ Key, Value }));
  if (new Set(checked.map(({ Key }) => Key)).size !== checked.length) failInvalid('Tag keys must be unique.');
  for (const { Key } of checked) if (/^aws:/i.test(Key)) failInvalid(`Invalid tag key: ${Key}`);
  if (checked.length > TAGS_MAX) failQuota(`The number of tags exceeds the limit of ${TAGS_MAX}.`);
  return checked;
}
