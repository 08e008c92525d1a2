/**
 * Tags of a session, and the ones it inherits along a chain of roles.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html
 */
import type { Session } from '../../core/context.ts';
import { CommonError } from '../../core/errors.ts';
import type { Access, Tag } from '../../core/operation.ts';
import { requestTags } from '../../core/tags.ts';

export interface SessionTags {
  /** Inherited ones first. */
  readonly tags: readonly Tag[];
  readonly transitive: readonly string[];
  /** What the calling session hands on. */
  readonly inherited: readonly Tag[];
}

export interface TagRequest {
  readonly Tags?: readonly { readonly Key?: string | undefined; readonly Value?: string | undefined }[] | undefined;
  readonly TransitiveTagKeys?: readonly string[] | undefined;
}

const TAGS_MAX = 50;
/** Limits of the API model, which tags inside a token or an assertion must keep too. */
const KEY = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]{1,128}$/u;
const VALUE = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]{0,256}$/u;
const same = (a: string) => (b: string) => a.toLowerCase() === b.toLowerCase();
const invalid = (message: string) => new CommonError('InvalidParameterValue', message);

/** The tags of a new session: those asked for, and the transitive ones of the calling session. Checks both. */
export function sessionTags(input: TagRequest, from?: Session): SessionTags {
  const asked = (input.Tags ?? []).map(({ Key, Value }) => ({ Key: Key ?? '', Value: Value ?? '' }));
  requireDistinct(asked.map((tag) => tag.Key));
  if (asked.some((tag) => !KEY.test(tag.Key) || !VALUE.test(tag.Value))) {
    throw invalid('Session tag keys must have 1 to 128 and values 0 to 256 of the characters that tags may have.');
  }
  const handed = from?.transitiveTagKeys ?? [];
  const inherited = (from?.tags ?? []).filter((tag) => handed.some(same(tag.Key)));
  if (asked.some((tag) => inherited.some((other) => same(tag.Key)(other.Key)))) {
    throw invalid(
      "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key from the " +
        'calling session.',
    );
  }
  const transitive = input.TransitiveTagKeys ?? [];
  if (transitive.some((key) => !asked.some((tag) => same(key)(tag.Key)))) {
    throw invalid('The specified transitive tag key must be included in the requested tags.');
  }
  const tags = [...inherited, ...asked];
  if (tags.length > TAGS_MAX) throw invalid(`You can pass a maximum of ${TAGS_MAX} session tags.`);
  return { tags, transitive: [...handed, ...transitive], inherited };
}

function requireDistinct(keys: readonly string[]): void {
  if (new Set(keys.map((key) => key.toLowerCase())).size < keys.length) {
    throw invalid('Duplicate tag keys found. Please note that Tag keys are case insensitive.');
  }
  const reserved = keys.find((key) => key.toLowerCase().startsWith('aws:'));
  if (reserved !== undefined)
    throw invalid(`'${reserved}' is not allowed as a session tag key: the prefix aws: is reserved.`);
}

/** Condition keys of a request that sets these tags. */
export const tagConditions = ({ tags, transitive }: SessionTags): NonNullable<Access['conditions']> => ({
  ...requestTags(tags),
  ...(transitive.length > 0 ? { 'sts:TransitiveTagKeys': transitive } : {}),
});

/** The members of a session that hold them. */
export const taggedSession = ({ tags, transitive }: SessionTags) => ({
  ...(tags.length > 0 ? { tags } : {}),
  ...(transitive.length > 0 ? { transitiveTagKeys: transitive } : {}),
});

/** `{ Key: Value }`, as CloudTrail shows tags that the caller did not pass as a list. */
export const tagMap = (tags: readonly Tag[]) => Object.fromEntries(tags.map((tag) => [tag.Key, tag.Value]));
