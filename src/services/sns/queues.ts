/** Messages to queues, in SNS's own name and on behalf of the topic: the queue's policy must let it in. */
import { type Context, servicePrincipal } from '../../core/context.ts';
import { describeError } from '../../protocols/errors.ts';
import { measure, tally } from './measures.ts';
import { type Subscription, type Topic, topicArn } from './topicRows.ts';

/** What a queue answered. */
export interface QueueAnswer {
  readonly taken: boolean;
  /** JSON, as delivery status logs show it. */
  readonly response: string;
  readonly statusCode: number;
}

/** What a queue refuses it will refuse again: such errors are not tried again, as in AWS. */
export async function sendToQueue(ctx: Context, topic: Topic, queue: string, input: object): Promise<QueueAnswer> {
  const [, , , region, account, name] = queue.split(':');
  const QueueUrl = `${ctx.settings.endpoint}/${account}/${name}`;
  const sns = servicePrincipal('sns.amazonaws.com', { arn: topicArn(topic), account: topic.account });
  try {
    const { MessageId } = await ctx.call<Sent>('sqs', 'SendMessage', { QueueUrl, ...input }, sns, region);
    const response = JSON.stringify({ sqsRequestId: ctx.requestId, sqsMessageId: MessageId });
    return { taken: true, response, statusCode: 200 };
  } catch (error) {
    if (!isAnswer(error)) throw error;
    const { code, message, status } = describeError(error);
    const refusal = { ErrorCode: code, ErrorMessage: message, sqsRequestId: 'Unrecoverable' };
    return { taken: false, response: JSON.stringify(refusal), statusCode: status };
  }
}

interface Sent {
  readonly MessageId?: string;
}

/** An error of AWS's, and not a fault of ours or of the store. */
export const isAnswer = (error: unknown) =>
  (error instanceof Error && '$fault' in error) || describeError(error).code !== 'InternalFailure';

/** What a subscriber could not be given goes to the queue that its redrive policy names; without one it is dropped. */
export async function deadLetter(ctx: Context, topic: Topic, row: Subscription, input: object): Promise<void> {
  const policy = row.attributes.RedrivePolicy;
  if (policy === undefined) return;
  const { deadLetterTargetArn } = JSON.parse(policy) as { deadLetterTargetArn: string };
  const { taken } = await sendToQueue(ctx, topic, deadLetterTargetArn, input);
  measure(ctx, topic, [
    tally(taken ? 'NumberOfNotificationsRedrivenToDlq' : 'NumberOfNotificationsFailedToRedriveToDlq'),
  ]);
}
