/**
 * What lifecycle rules mean for a version of an object: when it expires, when it moves to another storage class.
 * Pure: rules, the version, its place among the others.
 *
 * Times are counted in whole days and then rounded up to the next midnight UTC.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html#intro-lifecycle-rules-actions
 */
import type { LifecycleRule } from '@aws-sdk/client-s3';
import type { Tag } from '../../core/operation.ts';
import type { Lifecycle } from './settings.ts';

const DAY_MS = 86_400_000;

/** A version as far as filters go. */
export interface Filtered {
  readonly key: string;
  readonly size: number;
  readonly tags?: readonly Tag[] | undefined;
}

/** The midnight after so many days from a time, in milliseconds. */
export const midnightAfter = (since: number, days: number): number =>
  Math.ceil((since + days * DAY_MS) / DAY_MS) * DAY_MS;

const enabled = ({ Status }: LifecycleRule) => Status === 'Enabled';

/** Whether a rule is about the version, by prefix, tags and size. */
export function isAbout({ Filter, Prefix }: LifecycleRule, { key, size, tags = [] }: Filtered): boolean {
  const { And } = Filter ?? {};
  const prefix = And?.Prefix ?? Filter?.Prefix ?? Prefix ?? '';
  if (!key.startsWith(prefix)) return false;
  const wanted = And?.Tags ?? (Filter?.Tag ? [Filter.Tag] : []);
  if (!wanted.every((tag) => tags.some(({ Key, Value }) => Key === tag.Key && Value === tag.Value))) return false;
  const greater = And?.ObjectSizeGreaterThan ?? Filter?.ObjectSizeGreaterThan;
  const less = And?.ObjectSizeLessThan ?? Filter?.ObjectSizeLessThan;
  return (greater === undefined || size > greater) && (less === undefined || size < less);
}

/** The prefix that a rule's keys have: what need not be looked at otherwise. */
export const prefixOf = ({ Filter, Prefix }: LifecycleRule): string =>
  Filter?.And?.Prefix ?? Filter?.Prefix ?? Prefix ?? '';

export interface Expiry {
  /** Milliseconds since 1970, a midnight. */
  readonly at: number;
  readonly rule: string;
}

/** When the current version expires: by the rule that comes first in time. */
export function expiryOf(
  rules: readonly LifecycleRule[],
  version: Filtered & { modified: number },
): Expiry | undefined {
  let first: Expiry | undefined;
  for (const rule of rules) {
    const { Date: date, Days: days } = rule.Expiration ?? {};
    if (!enabled(rule) || (date === undefined && days === undefined) || !isAbout(rule, version)) continue;
    const at = date === undefined ? midnightAfter(version.modified, days!) : new Date(date).getTime();
    if (!first || at < first.at) first = { at, rule: rule.ID ?? '' };
  }
  return first;
}

/** `x-amz-expiration` of an answer about a current version. */
export function expirationHeader(
  lifecycle: Lifecycle | undefined,
  version: Filtered & { modified: number },
): string | undefined {
  const expiry = lifecycle && expiryOf(lifecycle.rules, version);
  if (!expiry) return undefined;
  const id = encodeURIComponent(expiry.rule);
  return `expiry-date="${new Date(expiry.at).toUTCString()}", rule-id="${id}"`;
}

/** A delete marker that is all that is left of a key goes when some rule says so, or would have expired the object. */
export function isMarkerOver(
  rules: readonly LifecycleRule[],
  marker: { readonly key: string; readonly modified: number },
  now: number,
): boolean {
  return rules.some((rule) => {
    const { ExpiredObjectDeleteMarker: over, Days: days } = rule.Expiration ?? {};
    if (!enabled(rule) || !isAbout(rule, { key: marker.key, size: 0 })) return false;
    return over === true || (days !== undefined && midnightAfter(marker.modified, days) <= now);
  });
}

/** A version that is no longer the current one. */
export interface Noncurrent extends Filtered {
  /** When the next newer version was made. */
  readonly noncurrentSince: number;
  /** How many newer versions of the key are noncurrent too. */
  readonly newer: number;
}

/** Whether a noncurrent version is to be removed by now. */
export function isNoncurrentOver(rules: readonly LifecycleRule[], version: Noncurrent, now: number): boolean {
  return rules.some((rule) => {
    const { NoncurrentDays: days, NewerNoncurrentVersions: kept = 0 } = rule.NoncurrentVersionExpiration ?? {};
    if (!enabled(rule) || days === undefined || !isAbout(rule, version)) return false;
    return version.newer >= kept && midnightAfter(version.noncurrentSince, days) <= now;
  });
}

/** From warm to cold: a rule moves objects down only. */
const COLDNESS: Readonly<Record<string, number>> = {
  STANDARD: 0,
  REDUCED_REDUNDANCY: 0,
  STANDARD_IA: 1,
  INTELLIGENT_TIERING: 2,
  ONEZONE_IA: 3,
  GLACIER_IR: 4,
  GLACIER: 5,
  DEEP_ARCHIVE: 6,
};

const SMALL_BYTES = 131_072;

interface Move {
  readonly to: string;
  readonly at: number;
}

/** The coldest class that a version should be in by now, where that is colder than its own. */
function moved(
  { rules, minimumSize }: Lifecycle,
  version: Filtered,
  from: string,
  now: number,
  moves: (rule: LifecycleRule) => readonly Move[],
): string | undefined {
  let to: string | undefined;
  for (const rule of rules) {
    if (!enabled(rule) || !isAbout(rule, version)) continue;
    for (const move of moves(rule)) {
      if (move.at > now || (COLDNESS[move.to] ?? 0) <= (COLDNESS[to ?? from] ?? 0)) continue;
      if (from === 'ONEZONE_IA' && move.to === 'GLACIER_IR') continue;
      if (!isTooSmall(rule, version, move.to, minimumSize)) to = move.to;
    }
  }
  return to;
}

/** Small objects stay where they are, unless the rule speaks of sizes. */
function isTooSmall(
  { Filter }: LifecycleRule,
  { size }: Filtered,
  to: string,
  minimum: Lifecycle['minimumSize'],
): boolean {
  const { And } = Filter ?? {};
  const sized = [
    Filter?.ObjectSizeGreaterThan,
    Filter?.ObjectSizeLessThan,
    And?.ObjectSizeGreaterThan,
    And?.ObjectSizeLessThan,
  ];
  if (size >= SMALL_BYTES || sized.some((value) => value !== undefined)) return false;
  return minimum === 'all_storage_classes_128K' || (to !== 'GLACIER' && to !== 'DEEP_ARCHIVE');
}

/** The class that the current version should be in by now; undefined: where it is. */
export function transitionOf(
  lifecycle: Lifecycle,
  version: Filtered & { modified: number },
  from: string,
  now: number,
): string | undefined {
  return moved(lifecycle, version, from, now, ({ Transitions = [] }) =>
    Transitions.map(({ StorageClass: to = '', Date: date, Days: days = 0 }) => ({
      to,
      at: date === undefined ? midnightAfter(version.modified, days) : new Date(date).getTime(),
    })),
  );
}

/** The same of a noncurrent version. */
export function noncurrentTransitionOf(
  lifecycle: Lifecycle,
  version: Noncurrent,
  from: string,
  now: number,
): string | undefined {
  return moved(lifecycle, version, from, now, ({ NoncurrentVersionTransitions = [] }) =>
    NoncurrentVersionTransitions.flatMap(
      ({ StorageClass: to = '', NoncurrentDays: days = 0, NewerNoncurrentVersions: kept = 0 }) =>
        version.newer >= kept ? [{ to, at: midnightAfter(version.noncurrentSince, days) }] : [],
    ),
  );
}

/** `x-amz-abort-date` and its rule, of answers about an upload. */
export function abortAnswer(
  lifecycle: Lifecycle | undefined,
  upload: { readonly key: string; readonly begun: number },
) {
  const expiry = lifecycle && uploadExpiryOf(lifecycle.rules, upload);
  return expiry ? { AbortDate: new Date(expiry.at), AbortRuleId: expiry.rule } : {};
}

/** Days after which uploads that were begun and not ended are aborted, and when that is; the soonest rule decides. */
export function uploadExpiryOf(
  rules: readonly LifecycleRule[],
  upload: { readonly key: string; readonly begun: number },
): Expiry | undefined {
  let first: Expiry | undefined;
  for (const rule of rules) {
    const days = rule.AbortIncompleteMultipartUpload?.DaysAfterInitiation;
    if (!enabled(rule) || days === undefined || !upload.key.startsWith(prefixOf(rule))) continue;
    const at = midnightAfter(upload.begun, days);
    if (!first || at < first.at) first = { at, rule: rule.ID ?? '' };
  }
  return first;
}
