/**
 * What S3 finds wrong with lifecycle rules.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html
 */
import type { LifecycleRule, LifecycleRuleFilter, Tag } from '@aws-sdk/client-s3';
import { s3Error } from './errors.ts';

const RULES_MAX = 1000;
const ID_LENGTH_MAX = 255;
const PREFIX_LENGTH_MAX = 1024;
const NEWER_MAX = 100;

/** Storage classes that rules may move to, and the least days an object is stored before. */
const TRANSITIONS: Readonly<Record<string, number>> = {
  STANDARD_IA: 30,
  ONEZONE_IA: 30,
  INTELLIGENT_TIERING: 0,
  GLACIER_IR: 0,
  GLACIER: 0,
  DEEP_ARCHIVE: 0,
};

const malformed = () => s3Error('MalformedXML');
const invalid = (message: string) => s3Error('InvalidArgument', { message });
const notSo = (message: string) => s3Error('InvalidRequest', { message });

/** Throws MalformedXML, InvalidArgument or InvalidRequest, in AWS's words. */
export function requireLifecycleRules(rules: readonly LifecycleRule[]): void {
  if (rules.length === 0 || rules.length > RULES_MAX) throw malformed();
  const ids = rules.flatMap(({ ID }) => ID || []);
  if (new Set(ids).size < ids.length) throw invalid('Rule ID must be unique. Found same ID for more than one rule');
  for (const rule of rules) {
    if (rule.Status !== 'Enabled' && rule.Status !== 'Disabled') throw malformed();
    if ((rule.ID?.length ?? 0) > ID_LENGTH_MAX) throw invalid('ID length should not exceed allowed limit of 255');
    requireFilter(rule);
    requireActions(rule);
    requireExpiration(rule);
    requireTransitions(rule);
    requireNoncurrent(rule);
  }
}

/** The parts of a filter, however it is written. */
function partsOf({ And, Prefix, Tag: tag, ObjectSizeGreaterThan, ObjectSizeLessThan }: LifecycleRuleFilter) {
  const tags = And?.Tags ?? (tag ? [tag] : []);
  return {
    prefix: And?.Prefix ?? Prefix,
    tags,
    greater: And?.ObjectSizeGreaterThan ?? ObjectSizeGreaterThan,
    less: And?.ObjectSizeLessThan ?? ObjectSizeLessThan,
  };
}

function requireFilter({ Filter, Prefix }: LifecycleRule): void {
  if ((Filter === undefined) === (Prefix === undefined)) throw malformed();
  if (!Filter) return;
  const given = Object.values(Filter).filter((value) => value !== undefined).length;
  if (given > 1) throw malformed();
  const { And } = Filter;
  if (And) {
    const predicates =
      (And.Tags?.length ?? 0) +
      [And.Prefix, And.ObjectSizeGreaterThan, And.ObjectSizeLessThan].filter((value) => value !== undefined).length;
    if (predicates < 2) throw malformed();
  }
  const { prefix, tags, greater, less } = partsOf(Filter);
  if ((prefix?.length ?? 0) > PREFIX_LENGTH_MAX) throw notSo('The maximum size of a prefix is 1024.');
  requireTags(tags);
  if (greater !== undefined && greater < 0) throw invalid("'ObjectSizeGreaterThan' should be a nonnegative integer");
  if (greater !== undefined && less !== undefined && less <= greater + 1) {
    throw notSo("'ObjectSizeLessThan' has to be a value greater than 'ObjectSizeGreaterThan' by at least 2");
  }
}

function requireTags(tags: readonly Tag[]): void {
  if (tags.some(({ Key, Value }) => !Key || Value === undefined)) throw malformed();
  if (new Set(tags.map(({ Key }) => Key)).size < tags.length) throw notSo('Duplicate Tag Keys are not allowed.');
}

function requireActions(rule: LifecycleRule): void {
  const { Expiration, Transitions, NoncurrentVersionExpiration, NoncurrentVersionTransitions } = rule;
  const { AbortIncompleteMultipartUpload: abort } = rule;
  const acts = Expiration ?? NoncurrentVersionExpiration ?? abort;
  if (!acts && !Transitions?.length && !NoncurrentVersionTransitions?.length) {
    throw notSo('At least one action needs to be specified in a rule');
  }
  const { tags, greater, less } = partsOf(rule.Filter ?? {});
  if (abort && tags.length > 0) throw notSo('AbortIncompleteMultipartUpload cannot be specified with Tags');
  if (abort && (greater !== undefined || less !== undefined)) {
    throw notSo('AbortIncompleteMultipartUpload cannot be specified with Object Size');
  }
  if (abort) requireDays(abort.DaysAfterInitiation, "'DaysAfterInitiation' for AbortIncompleteMultipartUpload action");
}

function requireDays(days: number | undefined, what: string): void {
  if (days === undefined) throw malformed();
  if (!Number.isInteger(days) || days <= 0) throw invalid(`${what} must be a positive integer`);
}

/** Of the two ways to give a time, one. */
function requireWhen({ Date: date, Days: days }: { Date?: Date | undefined; Days?: number | undefined }): void {
  if ((date === undefined) === (days === undefined)) throw malformed();
  if (date !== undefined && date.getTime() % 86_400_000 !== 0) throw invalid("'Date' must be at midnight GMT");
}

function requireExpiration({ Expiration: expiration, Filter }: LifecycleRule): void {
  if (!expiration) return;
  if (expiration.ExpiredObjectDeleteMarker !== undefined) {
    if (expiration.Date !== undefined || expiration.Days !== undefined) throw malformed();
    if (partsOf(Filter ?? {}).tags.length > 0) {
      throw notSo('ExpiredObjectDeleteMarker cannot be specified with Tags.');
    }
    return;
  }
  requireWhen(expiration);
  if (expiration.Days !== undefined) requireDays(expiration.Days, "'Days' for Expiration action");
}

function requireTransitions({
  Transitions: transitions = [],
  Expiration: expiration,
  Filter,
  Prefix,
}: LifecycleRule): void {
  const where = `prefix '${partsOf(Filter ?? {}).prefix ?? Prefix ?? ''}'`;
  const classes = new Set<string>();
  for (const transition of transitions) {
    const { StorageClass: name = '', Days: days } = transition;
    const least = Object.hasOwn(TRANSITIONS, name) ? TRANSITIONS[name]! : undefined;
    if (least === undefined) throw malformed();
    requireWhen(transition);
    if (days !== undefined && (!Number.isInteger(days) || days < 0)) {
      throw invalid("'Days' in Transition action must be nonnegative integer");
    }
    if (days !== undefined && days < least) {
      throw invalid(`'Days' in Transition action must be greater than or equal to ${least} for storageClass '${name}'`);
    }
    if (classes.has(name)) {
      throw notSo(`'StorageClass' must be different for 'Transition' actions in same 'Rule' with ${where}`);
    }
    classes.add(name);
    if (
      expiration &&
      (transition.Date === undefined) !== (expiration.Date === undefined) &&
      expiration.ExpiredObjectDeleteMarker === undefined
    ) {
      throw notSo(
        `Found mixed 'Date' and 'Days' based Expiration and Transition actions in lifecycle rule for ${where}`,
      );
    }
    if (days !== undefined && expiration?.Days !== undefined && expiration.Days <= days) {
      throw invalid(
        `'Days' in the Expiration action for ${where} must be greater than 'Days' in the Transition action`,
      );
    }
  }
}

function requireNoncurrent({
  NoncurrentVersionExpiration: expiration,
  NoncurrentVersionTransitions,
  Filter,
}: LifecycleRule): void {
  const newer = [expiration, ...(NoncurrentVersionTransitions ?? [])].map((action) => action?.NewerNoncurrentVersions);
  for (const count of newer) {
    if (count === undefined) continue;
    if (!Filter) throw notSo('NewerNoncurrentVersions requires a Filter element');
    if (!Number.isInteger(count) || count < 1 || count > NEWER_MAX) {
      throw invalid("'NewerNoncurrentVersions' must be a positive integer that does not exceed 100");
    }
  }
  if (expiration) requireDays(expiration.NoncurrentDays, "'NoncurrentDays' for NoncurrentVersionExpiration action");
  for (const { StorageClass: name = '', NoncurrentDays: days } of NoncurrentVersionTransitions ?? []) {
    const least = Object.hasOwn(TRANSITIONS, name) ? TRANSITIONS[name]! : undefined;
    if (least === undefined || days === undefined) throw malformed();
    if (days < least) {
      throw invalid(
        `'NoncurrentDays' in NoncurrentVersionTransition action must be greater than or equal to ${least} for storageClass '${name}'`,
      );
    }
    if (expiration?.NoncurrentDays !== undefined && expiration.NoncurrentDays <= days) {
      throw invalid(
        "'NoncurrentDays' in the NoncurrentVersionExpiration action must be greater than 'NoncurrentDays' in the NoncurrentVersionTransition action",
      );
    }
  }
}
