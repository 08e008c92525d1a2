/**
 * Where an audit's findings go. Log delivery is let in there with the permission of whoever puts the policy.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch-logs-data-protection-policies.html
 */
import { InvalidParameterException } from '@aws-sdk/client-cloudwatch-logs';
import type { Context } from '../../../core/context.ts';
import { fail } from '../../../core/errors.ts';
import { letInto } from '../vended/grants.ts';

/** By the names in a policy's `FindingsDestination`. */
export interface AuditDestinations {
  readonly CloudWatchLogs?: { readonly LogGroup: string };
  readonly Firehose?: { readonly DeliveryStream: string };
  readonly S3?: { readonly Bucket: string };
}

export interface AuditDestination {
  readonly type: 'CWL' | 'S3' | 'FH';
  /** Of the log group, bucket or delivery stream. */
  readonly arn: string;
}

interface Home {
  readonly account: string;
  readonly region: string;
}

const MEMBERS = { CloudWatchLogs: 'LogGroup', Firehose: 'DeliveryStream', S3: 'Bucket' } as const;

/** What is wrong with it; undefined: nothing. */
export function destinationsProblem(given: object): string | undefined {
  for (const [name, value] of Object.entries(given)) {
    if (!Object.hasOwn(MEMBERS, name)) return `${name} is no destination of findings`;
    const member = MEMBERS[name as keyof typeof MEMBERS];
    const target: unknown = (value as Record<string, unknown> | null)?.[member];
    if (typeof target !== 'string' || !/^[\w./#-]{1,512}$/.test(target)) return `${name} must have a ${member}`;
  }
  return undefined;
}

export function destinationsOf(
  { CloudWatchLogs, Firehose, S3 }: AuditDestinations,
  { account, region }: Home,
): AuditDestination[] {
  const stream = Firehose && `arn:aws:firehose:${region}:${account}:deliverystream/${Firehose.DeliveryStream}`;
  const group = CloudWatchLogs && `arn:aws:logs:${region}:${account}:log-group:${CloudWatchLogs.LogGroup}`;
  return [
    ...(group ? [{ type: 'CWL', arn: group } as const] : []),
    ...(stream ? [{ type: 'FH', arn: stream } as const] : []),
    ...(S3 ? [{ type: 'S3', arn: `arn:aws:s3:::${S3.Bucket}` } as const] : []),
  ];
}

/** @throws InvalidParameterException where there is no such destination, and what refuses the caller */
export async function openDestinations(ctx: Context, given: AuditDestinations): Promise<void> {
  if (given.CloudWatchLogs) await requireGroup(ctx, given.CloudWatchLogs.LogGroup);
  for (const { type, arn } of destinationsOf(given, ctx)) {
    await letInto(ctx, type, arn, '*').catch((error: Error) => {
      if (!/^(ResourceNotFoundException|NoSuchBucket)$/.test(error.name)) throw error;
      fail(InvalidParameterException, `The destination ${arn} of audit findings does not exist.`);
    });
  }
}

async function requireGroup(ctx: Context, name: string): Promise<void> {
  const asked = { logGroupNamePrefix: name, limit: 1 };
  const { logGroups } = await ctx.call<{ logGroups: { logGroupName: string }[] }>('logs', 'DescribeLogGroups', asked);
  if (logGroups[0]?.logGroupName === name) return;
  fail(InvalidParameterException, `The destination log group ${name} of audit findings does not exist.`);
}
