/**
 * What a bucket's owner wants told, and to whom.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/EventNotifications.html
 */
import {
  Event,
  type GetBucketNotificationConfigurationRequest,
  type NotificationConfiguration,
  type NotificationConfigurationFilter,
  type PutBucketNotificationConfigurationRequest,
  type QueueConfiguration,
  type TopicConfiguration,
} from '@aws-sdk/client-s3';
import { parseArn } from '../../core/arn.ts';
import type { Context } from '../../core/context.ts';
import { AccessDenied, notImplemented } from '../../core/errors.ts';
import { uuid } from '../../core/ids.ts';
import type { Present } from '../../core/operation.ts';
import type { Bucket } from './bucketRows.ts';
import { s3Error } from './errors.ts';
import { deliverNotice, hostIdOf } from './notices.ts';
import { onBucket, oneOf } from './onBucket.ts';
import { changeSettings } from './settings.ts';

export const GetBucketNotificationConfiguration = onBucket<
  Present<GetBucketNotificationConfigurationRequest>,
  NotificationConfiguration
>({
  action: 's3:GetBucketNotification',
  eventName: 'GetBucketNotification',
  run: async (_input, _ctx, { settings }) => settings.notifications ?? {},
});

export const PutBucketNotificationConfiguration = onBucket<Present<PutBucketNotificationConfigurationRequest>, object>({
  action: 's3:PutBucketNotification',
  eventName: 'PutBucketNotification',
  async run(input, ctx, { bucket }) {
    const given = input.NotificationConfiguration;
    if (given.LambdaFunctionConfigurations?.length) notImplemented('An AWS Lambda destination of notifications');
    const queues = (given.QueueConfigurations ?? []).map((wish) => accepted(ctx, wish));
    const topics = (given.TopicConfigurations ?? []).map((wish) => accepted(ctx, wish));
    const wishes = [...queues, ...topics].map((wish) => ({ wish, to: destinationOf(wish) }));
    for (const { wish, to } of wishes) requireDestination(bucket, wish, to);
    requireApart(wishes.map(({ wish }) => wish));
    if (!input.SkipDestinationValidation) for (const { to } of wishes) await tryOut(ctx, bucket, to);
    const notifications: NotificationConfiguration = {
      ...(topics.length > 0 && { TopicConfigurations: topics }),
      ...(queues.length > 0 && { QueueConfigurations: queues }),
      ...(given.EventBridgeConfiguration && { EventBridgeConfiguration: {} }),
    };
    const some = Object.keys(notifications).length > 0;
    await changeSettings(ctx, bucket.name, { notifications: some ? notifications : undefined });
    return {};
  },
});

type Wish = QueueConfiguration | TopicConfiguration;

const EVENTS = Object.values(Event);
/** Nothing here loses objects, or moves them between tiers at a moment of its own. */
const NEVER = /^s3:(?:ReducedRedundancyLostObject|IntelligentTiering)/;

function accepted<W extends Wish>(ctx: Context, wish: W): W {
  if (!wish.Events?.length) throw s3Error('MalformedXML');
  for (const event of wish.Events) {
    oneOf(event, EVENTS);
    if (NEVER.test(event)) notImplemented(`The event ${event}`);
  }
  requireFilter(wish.Filter);
  return { ...wish, Id: wish.Id || Buffer.from(uuid(ctx)).toString('base64') };
}

const invalid = (message: string, details: Record<string, string> = {}) =>
  s3Error('InvalidArgument', { message, details });

function requireFilter(filter: NotificationConfigurationFilter | undefined): void {
  const names = (filter?.Key?.FilterRules ?? []).map(({ Name }) => String(Name).toLowerCase());
  for (const [i, name] of names.entries()) {
    if (name !== 'prefix' && name !== 'suffix') throw invalid('filter rule name must be either prefix or suffix');
    if (names.indexOf(name) < i) throw invalid(`Cannot specify more than one ${name} rule in a filter.`);
  }
}

const destinationOf = (wish: Wish): string =>
  ('QueueArn' in wish ? wish.QueueArn : (wish as TopicConfiguration).TopicArn) ?? '';

function requireDestination({ region }: Bucket, wish: Wish, to: string): void {
  const service = 'QueueArn' in wish ? 'sqs' : 'sns';
  const arn = parseArn(to);
  if (arn?.service !== service || !/^[\w-]{1,256}(\.fifo)?$/.test(arn.resource)) {
    throw invalid('The ARN could not be parsed', {
      ArgumentName: service === 'sqs' ? 'Queue' : 'Topic',
      ArgumentValue: to,
    });
  }
  if (arn.resource.endsWith('.fifo')) {
    throw invalid(`FIFO ${service === 'sqs' ? 'SQS queue' : 'SNS topic'} is not allowed as a destination.`);
  }
  if (arn.region !== region) {
    throw invalid('The notification destination service region is not valid for the bucket location constraint');
  }
}

/** One event of one object goes to one destination of the kinds that are listed. */
function requireApart(wishes: readonly Wish[]): void {
  for (const [i, one] of wishes.entries()) {
    for (const other of wishes.slice(i + 1)) {
      if (shareEvent(one, other) && overlap(one.Filter, other.Filter)) {
        throw invalid('Configurations overlap. Configurations on the same bucket cannot share a common event type.');
      }
    }
  }
}

function shareEvent({ Events: one = [] }: Wish, { Events: other = [] }: Wish): boolean {
  const covers = (wide: string, narrow: string) =>
    wide === narrow || (wide.endsWith('*') && narrow.startsWith(wide.slice(0, -1)));
  return one.some((a) => other.some((b) => covers(a, b) || covers(b, a)));
}

function overlap(one: NotificationConfigurationFilter | undefined, other: typeof one): boolean {
  const part = (filter: typeof one, name: string) =>
    filter?.Key?.FilterRules?.find(({ Name }) => String(Name).toLowerCase() === name)?.Value ?? '';
  const [a, b] = [part(one, 'prefix'), part(other, 'prefix')];
  const [x, y] = [part(one, 'suffix'), part(other, 'suffix')];
  return (a.startsWith(b) || b.startsWith(a)) && (x.endsWith(y) || y.endsWith(x));
}

/** Sends the test message, so that what is kept is known to work. */
async function tryOut(ctx: Context, bucket: Bucket, to: string): Promise<void> {
  const message = JSON.stringify({
    Service: 'Amazon S3',
    Event: 's3:TestEvent',
    Time: ctx.now.toISOString(),
    Bucket: bucket.name,
    RequestId: ctx.requestId,
    HostId: hostIdOf(ctx.requestId),
  });
  try {
    await deliverNotice(ctx, bucket.account, { to, bucket: bucket.name, message });
  } catch (error) {
    const kind = to.split(':')[2] === 'sqs' ? 'queue' : 'topic';
    const why =
      error instanceof AccessDenied
        ? `Permissions on the destination ${kind} do not allow S3 to publish notifications from this bucket`
        : `The destination ${kind} does not exist`;
    throw invalid('Unable to validate the following destination configurations', {
      ArgumentName1: to,
      ArgumentValue1: why,
    });
  }
}
