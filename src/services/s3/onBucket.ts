/** Operations on what a bucket is set to: found, authorized on the bucket, done. */
import type { Context } from '../../core/context.ts';
import { actionFact } from '../../core/facts.ts';
import type { Access, Operation } from '../../core/operation.ts';
import { type BucketTarget, bucketAccess, loadBucket } from './access.ts';
import { type Bucket, bucketArn } from './bucketRows.ts';
import { s3Error } from './errors.ts';

interface Rules<In, Out> {
  /** As policies name it: `s3:GetBucketCORS`. */
  readonly action: string;
  readonly conditions?: (input: In, ctx: Context) => Access['conditions'];
  /** Permissions beyond the one on the bucket: `iam:PassRole`. */
  readonly also?: (input: In) => readonly Access[];
  readonly run: (input: In, ctx: Context, target: BucketTarget) => Promise<Out>;
}

interface Addressed {
  readonly Bucket: string;
  readonly ExpectedBucketOwner?: string | undefined;
}

export function onBucket<In extends Addressed, Out>({ action, conditions, also, run }: Rules<In, Out>) {
  const operation: Operation<In, Out, BucketTarget> = {
    action,
    async load(input, ctx) {
      const target = await loadBucket(input, ctx);
      note(ctx, target.bucket);
      return target;
    },
    access(input, ctx, target) {
      if (target.point && !throughPoints(action)) throw s3Error('MethodNotAllowed');
      const own = bucketAccess(ctx, target, conditions ? { conditions: conditions(input, ctx) } : {});
      return also ? [own, ...also(input)] : own;
    },
    run,
  };
  return operation;
}

/** For the audit: the bucket, and its owner where that is another account. */
function note(ctx: Context, { name, account }: Bucket): void {
  ctx.audit.resources = [{ ARN: bucketArn(name), accountId: account, type: 'AWS::S3::Bucket' }];
  if (account !== ctx.account) ctx.audit.recipientAccountId = account;
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
