/**
 * Tags as IAM keeps them: keys are compared without regard to case, and a tag put over another takes its place,
 * spelling and all (https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html).
 */
import { InvalidInputException, LimitExceededException } from '@aws-sdk/client-iam';
import { fail } from '../../core/errors.ts';
import type { Tag } from '../../core/operation.ts';

type GivenTag = { readonly Key: string | undefined; readonly Value: string | undefined };
const TAGS_MAX = 50;

/** Tags given at the creation of a thing, checked. `quotaName` as in `TagsPerUser`. */
export const newTags = (tags: readonly GivenTag[] | undefined, quotaName: string) =>
  taggedWith([], tags ?? [], quotaName);

/** `tags` with `changes` put over them. Refuses duplicates, reserved keys and more than fifty tags. */
export function taggedWith(tags: readonly Tag[], changes: readonly GivenTag[], quotaName: string): readonly Tag[] {
  if (changes.length === 0) return tags;
  const merged = new Map(tags.map((tag) => [tag.Key.toLowerCase(), tag]));
  const seen = new Set<string>();
  for (const { Key = '', Value = '' } of changes) {
    const key = Key.toLowerCase();
    if (key.startsWith('aws:')) {
      fail(InvalidInputException, "Tag keys cannot start with 'aws:', which is reserved for system use.");
    }
    if (seen.has(key)) {
      fail(InvalidInputException, 'Duplicate tag keys found. Please note that Tag keys are case insensitive.');
    }
    seen.add(key);
    merged.set(key, { Key, Value });
  }
  if (merged.size > TAGS_MAX) fail(LimitExceededException, `Cannot exceed quota for ${quotaName}: ${TAGS_MAX}`);
  return [...merged.values()];
}

export function untagged(tags: readonly Tag[], keys: readonly string[]): readonly Tag[] {
  const removed = new Set(keys.map((key) => key.toLowerCase()));
  return tags.filter((tag) => !removed.has(tag.Key.toLowerCase()));
}

/** `iam:ResourceTag/…`, which IAM offers beside `aws:ResourceTag/…` for users and roles. */
export function iamResourceTags(tags: readonly Tag[]): Record<string, string> {
  return Object.fromEntries(tags.map((tag) => [`iam:ResourceTag/${tag.Key}`, tag.Value]));
}

/** An answer's `Tags` member: left out when there are none, as IAM does in everything but tag lists. */
export const tagsView = (tags: readonly Tag[]) => (tags.length > 0 ? { Tags: tags.map((tag) => ({ ...tag })) } : {});
