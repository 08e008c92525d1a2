/** What tags may be. */
import type { Tag } from '../../core/operation.ts';
import { inWords, refuse } from './errors.ts';
import type { Stream } from './streamRows.ts';

export const listedTags = (tags: Readonly<Record<string, string | undefined>> | undefined): Tag[] =>
  Object.entries(tags ?? {}).map(([Key, Value]) => ({ Key, Value: Value ?? '' }));

export const TAGS_MAX = 50;
const ALLOWED = /^[\p{L}\p{N}\p{Zs}_./=+\-@:]*$/u;

/** @throws InvalidArgumentException. `tags`: all that the resource would have. */
export function requireTags(tags: readonly Tag[], stream: Pick<Stream, 'name' | 'account'>): void {
  if (tags.some(({ Key, Value }) => !ALLOWED.test(Key) || !ALLOWED.test(Value))) {
    refuse(
      'Some tags contain invalid characters. Valid characters: Unicode letters, digits, white space, _ . / = + - % @ :.',
    );
  }
  if (tags.some(({ Key }) => /^aws:/i.test(Key))) refuse('Tag keys that begin with aws: are reserved for use by AWS.');
  if (tags.length > TAGS_MAX) {
    refuse(
      `Failed to add tags to ${inWords(stream)} because a given stream cannot have more than ${TAGS_MAX} tags associated with it.`,
    );
  }
}
