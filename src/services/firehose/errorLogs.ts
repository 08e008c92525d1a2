/**
 * What goes wrong with deliveries, told to a log stream where the stream has one.
 * https://docs.aws.amazon.com/firehose/latest/dev/monitoring-with-cloudwatch-logs.html
 */
import type { Context } from '../../core/context.ts';
import { bucketOf } from './objects.ts';
import type { Queue } from './parcels.ts';
import type { Unprocessed } from './processing.ts';
import { roleOf } from './roles.ts';
import { type CloudWatchLoggingOptions, type Stream, streamArn } from './streamRows.ts';

/** AWS's sentences, by the error's code without the service. */
const SENTENCES: Readonly<Record<string, string>> = {
  AccessDenied:
    'Access was denied. Ensure that the trust policy for the provided IAM role allows Amazon Data Firehose to assume the role, and the access policy allows access to the S3 bucket.',
  NoSuchBucket: 'The specified bucket does not exist. Create the bucket or use a different bucket that does exist.',
  MethodNotAllowed:
    'The specified method is not allowed against this resource. Modify the bucket’s policy to allow the correct Amazon S3 operation permissions.',
  'KMS.NotFoundException':
    'The provided AWS KMS key was not found. If you are using what you believe to be a valid AWS KMS key with the correct role, check if there is a problem with the account to which the AWS KMS key is attached.',
  InternalError:
    'An internal error occurred while attempting to deliver data. Delivery will be retried; if the error persists, then it will be reported to AWS for resolution.',
};

export interface Failure {
  /** `S3.AccessDenied`. */
  readonly code: string;
  readonly message: string;
}

const UNKNOWN = /^(Error|TypeError|RangeError)$/;

function failureOf(error: unknown, service: string): Failure {
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  const code = UNKNOWN.test(name) ? 'InternalError' : name.replace(/^AccessDenied.*/, 'AccessDenied');
  return { code: `${service}.${code}`, message: (service === 'S3' ? SENTENCES[code] : undefined) ?? message };
}

/** Of a delivery into a bucket, or of another service on the way there. */
export function tellFailure(ctx: Context, stream: Stream, queue: Queue, error: unknown, service = 'S3'): Promise<void> {
  const bucket = bucketOf(stream, queue);
  return tellLog(
    ctx,
    stream,
    { options: bucket.CloudWatchLoggingOptions, role: bucket.RoleARN! },
    {
      destination: bucket.BucketARN!,
      ...failureOf(error, service),
    },
  );
}

/** Of records that were set aside: one line for each kind of failure. */
export async function tellUnprocessed(
  ctx: Context,
  stream: Stream,
  queue: Queue,
  failed: readonly Unprocessed[],
): Promise<void> {
  const bucket = bucketOf(stream, queue);
  const log = { options: bucket.CloudWatchLoggingOptions, role: bucket.RoleARN! };
  for (const [first] of Map.groupBy(failed, ({ code }) => code).values()) {
    await tellLog(ctx, stream, log, { destination: bucket.BucketARN!, code: first!.code, message: first!.message });
  }
}

interface Log {
  readonly options: CloudWatchLoggingOptions | undefined;
  readonly role: string;
}

/** A log that cannot be written to changes nothing of the delivery. */
export async function tellLog(
  ctx: Context,
  stream: Stream,
  { options, role }: Log,
  { destination, code, message }: Failure & { readonly destination: string },
): Promise<void> {
  if (!options?.Enabled) return;
  const event = {
    deliveryStreamARN: streamArn(stream),
    destination,
    deliveryStreamVersionId: stream.version,
    message,
    errorCode: code,
  };
  const input = {
    logGroupName: options.LogGroupName,
    logStreamName: options.LogStreamName,
    logEvents: [{ timestamp: ctx.now.getTime(), message: JSON.stringify(event) }],
  };
  try {
    await ctx.call('logs', 'PutLogEvents', input, await roleOf(ctx, stream, role));
  } catch {
    // The refused call is on record.
  }
}
