/**
 * Delivery status logs: what became of a message at a subscriber, in the log groups that AWS names, written in the role
 * that the topic names for that protocol. Of successes so many in a hundred as its sample rate says, all without one.
 * https://docs.aws.amazon.com/sns/latest/dg/sns-topic-attributes.html
 */
import { createHash } from 'node:crypto';
import { type Context, servicePrincipal } from '../../core/context.ts';
import { uuid } from '../../core/ids.ts';
import { writeLogEvents } from '../../core/logWriting.ts';
import { type Again, later, type Task } from '../../core/tasks.ts';
import { assumedByService } from '../../identity/serviceRoles.ts';
import { isAnswer } from './queues.ts';
import { STATUS, type StatusLog } from './tasks.ts';
import { type Topic, topicArn } from './topicRows.ts';

/** As attributes of topics call them. */
export type StatusProtocol = 'SQS' | 'HTTP' | 'Firehose';

export interface DeliveryStatus {
  readonly protocol: StatusProtocol;
  /** Id and text of the message, and when it was published: ISO 8601. */
  readonly message: { readonly id: string; readonly text: string; readonly time: string };
  readonly destination: string;
  readonly delivered: boolean;
  /** What the endpoint answered. */
  readonly response?: string | undefined;
  readonly statusCode?: number | undefined;
  readonly attempts?: number;
}

const isSampled = (ctx: Context, rate: string | undefined) =>
  rate === undefined || (Buffer.from(ctx.random(4)).readUInt32BE() / 2 ** 32) * 100 < Number(rate);

/** Owes the record of a delivery, where the topic wants it. */
export async function logStatus(ctx: Context, topic: Topic, status: DeliveryStatus): Promise<void> {
  const { protocol, delivered } = status;
  const role = topic.attributes[`${protocol}${delivered ? 'Success' : 'Failure'}FeedbackRoleArn`];
  if (role === undefined) return;
  if (delivered && !isSampled(ctx, topic.attributes[`${protocol}SuccessFeedbackSampleRate`])) return;
  const { account, region, name } = topic;
  const body: StatusLog = {
    topic: topicArn(topic),
    role,
    group: `sns/${region}/${account}/${name}${delivered ? '' : '/Failure'}`,
    record: JSON.stringify(recordOf(ctx, topic, status)),
    time: ctx.now.getTime(),
  };
  await later<StatusLog>(ctx, { kind: STATUS, account, region, body });
}

function recordOf(ctx: Context, topic: Topic, status: DeliveryStatus) {
  const { message, destination, delivered, response, statusCode, attempts } = status;
  return {
    notification: {
      messageMD5Sum: createHash('md5').update(message.text).digest('hex'),
      messageId: message.id,
      topicArn: topicArn(topic),
      timestamp: message.time.replace('T', ' ').replace('Z', ''),
    },
    delivery: {
      deliveryId: uuid(ctx),
      destination,
      providerResponse: response,
      dwellTimeMs: Math.max(0, ctx.now.getTime() - Date.parse(message.time)),
      attempts,
      statusCode,
    },
    status: delivered ? 'SUCCESS' : 'FAILURE',
  };
}

/** Writes a record; where the role may not, it is dropped, and the refused call is on record. */
export async function writeStatus({ body, account, region }: Task<StatusLog>, ctx: Context): Promise<Again> {
  const stream = { logGroupName: body.group, logStreamName: createHash('sha256').update(body.topic).digest('hex') };
  const logEvents = [{ timestamp: body.time, message: body.record }];
  try {
    const sns = servicePrincipal('sns.amazonaws.com', { arn: body.topic, account });
    const role = await assumedByService(ctx, body.role, sns);
    await writeLogEvents(ctx, { ...stream, logEvents }, role, region, 'group');
  } catch (error) {
    if (!isAnswer(error)) throw error;
  }
  return undefined;
}
