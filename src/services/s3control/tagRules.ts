/** What tags of access points, jobs and Access Grants must be, and who may set them. */
import { TooManyTagsException } from '@aws-sdk/client-s3-control';
import { CommonError, fail } from '../../core/errors.ts';
import type { Access, Tag } from '../../core/operation.ts';

const TAGS_MAX = 50;

interface Given {
  readonly Key?: string | undefined;
  readonly Value?: string | undefined;
}

/** Throws what is wrong with tags. */
export function requireTags(given: readonly Given[] = []): readonly Tag[] {
  const tags = given.map(({ Key = '', Value = '' }) => ({ Key, Value }));
  if (tags.length > TAGS_MAX) fail(TooManyTagsException, `The number of tags exceeds the limit of ${TAGS_MAX} tags.`);
  const keys = tags.map(({ Key }) => Key);
  if (new Set(keys).size < keys.length) {
    throw new CommonError('InvalidTag', 'Cannot provide multiple Tags with the same key');
  }
  if (keys.some((key) => /^aws:/i.test(key))) {
    throw new CommonError('InvalidTag', 'System tags cannot be added/updated by requester');
  }
  return tags;
}

/** To make something with tags takes the permission to tag, too. */
export const withTagging = (making: Access, tags: readonly Given[] | undefined, action = 's3:TagResource') =>
  tags?.length ? [making, { ...making, action }] : [making];
