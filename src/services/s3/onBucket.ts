/** Operations on what a bucket is set to: found, authorized on the bucket, done. */
import type { Context } from '../../core/context.ts';
import { actionFact } from '../../core/facts.ts';
import type { Access, Operation } from '../../core/operation.ts';
import { type BucketTarget, bucketAccess, loadBucket } from './access.ts';
import { s3Error } from './errors.ts';

interface Rules<In, Out> {
  /** As policies name it: `s3:GetBucketCORS`. */
  readonly action: string;
  /** As CloudTrail names it, where it is not the operation's name. */
  readonly eventName?: string;
  readonly conditions?: (input: In, ctx: Context) => Access['conditions'];
  /** Permissions beyond the one on the bucket: `iam:PassRole`. */
  readonly also?: (input: In) => readonly Access[];
  readonly run: (input: In, ctx: Context, target: BucketTarget) => Promise<Out>;
}

interface Addressed {
  readonly Bucket: string;
  readonly ExpectedBucketOwner?: string | undefined;
}

export function onBucket<In extends Addressed, Out>({ action, eventName, conditions, also, run }: Rules<In, Out>) {
  const operation: Operation<In, Out, BucketTarget> = {
    action,
    ...(eventName !== undefined && { eventName }),
    load: loadBucket,
    access(input, ctx, target) {
      if (target.point && !throughPoints(action)) throw s3Error('MethodNotAllowed');
      const own = bucketAccess(ctx, target, conditions ? { conditions: conditions(input, ctx) } : {});
      return also ? [own, ...also(input)] : own;
    },
    run,
  };
  return operation;
}

/** Most of what a bucket is set to is the affair of the bucket alone. */
const throughPoints = (action: string) =>
  actionFact('s3', action.slice('s3:'.length))?.resourceTypes.some(({ name }) => name === 'accesspoint') === true;

/** The member that a body must have; a body without it is not what the schema says. */
export function wanted<T>(value: T | undefined): T {
  if (value === undefined) throw s3Error('MalformedXML');
  return value;
}

/** One of a schema's values. */
export function oneOf<T extends string>(value: string | undefined, values: readonly T[]): T {
  if (value === undefined || !(values as readonly string[]).includes(value)) throw s3Error('MalformedXML');
  return value as T;
}
