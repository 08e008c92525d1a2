/** Notices to queues and topics, delivered as tasks: S3 in its own name, on behalf of the bucket. */
import { type Context, servicePrincipal } from '../../core/context.ts';
import type { TaskHandler } from '../../core/tasks.ts';

export const NOTIFY = 's3.notify';

/** What support asks for beside the request id; also in every answer. */
export const hostIdOf = (requestId: string) => Buffer.from(`${requestId}/gatehouse`).toString('base64');

export interface Notice {
  /** ARN of a queue or topic. */
  readonly to: string;
  readonly bucket: string;
  readonly message: string;
}

/** Sends the notice now. Throws what the destination answers. */
export async function deliverNotice(ctx: Context, owner: string, { to, bucket, message }: Notice): Promise<void> {
  const [, , service, region = '', account = '', name = ''] = to.split(':');
  const s3 = servicePrincipal('s3.amazonaws.com', { arn: `arn:aws:s3:::${bucket}`, account: owner });
  if (service === 'sqs') {
    const QueueUrl = `${ctx.settings.endpoint}/${account}/${name}`;
    await ctx.call('sqs', 'SendMessage', { QueueUrl, MessageBody: message }, s3, region);
    return;
  }
  const Subject = 'Amazon S3 Notification';
  await ctx.call('sns', 'Publish', { TopicArn: to, Message: message, Subject }, s3, region);
}

/** Again with growing pauses for a day. */
export const notices: TaskHandler<Notice> = {
  kind: NOTIFY,
  principal: 's3.amazonaws.com',
  async settle(task, ctx) {
    await deliverNotice(ctx, task.account, task.body);
    return undefined;
  },
};
