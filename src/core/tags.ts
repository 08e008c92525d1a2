/** Tags, as every service keeps them: an ordered list without duplicate keys. */
import type { Tag } from './operation.ts';

/** `tags` with `changes` put over them: a key that is there keeps its place and takes the new value. */
export function withTags(tags: readonly Tag[], changes: readonly Tag[]): readonly Tag[] {
  const merged = new Map(tags.map((tag) => [tag.Key, tag]));
  for (const { Key, Value } of changes) merged.set(Key, { Key, Value });
  return [...merged.values()];
}

export function withoutTags(tags: readonly Tag[], keys: readonly string[]): readonly Tag[] {
  const removed = new Set(keys);
  return tags.filter((tag) => !removed.has(tag.Key));
}

/** The condition keys of tags in a request: `aws:RequestTag/…` and `aws:TagKeys`. */
export function requestTags(tags: readonly { Key?: string | undefined; Value?: string | undefined }[] | undefined) {
  if (!tags || tags.length === 0) return {};
  const conditions: Record<string, string | readonly string[]> = { 'aws:TagKeys': tags.map((tag) => tag.Key ?? '') };
  for (const tag of tags) conditions[`aws:RequestTag/${tag.Key}`] = tag.Value ?? '';
  return conditions;
}

/** The condition key of tag keys in a request that removes tags. */
export const requestTagKeys = (keys: readonly string[] | undefined) => (keys?.length ? { 'aws:TagKeys': keys } : {});
