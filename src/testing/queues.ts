/** What tests of SNS need of SQS. */
import type { Message } from '@aws-sdk/client-sqs';
import type { Cloud } from './cloud.ts';

/** A queue that subscribes to the topic and, when `open`, lets it in. */
export async function subscribedQueue(
  { root: { sns, sqs } }: Cloud,
  TopicArn: string,
  QueueName: string,
  { open = true, attributes = {} }: { open?: boolean; attributes?: Record<string, string> } = {},
) {
  const fifo = QueueName.endsWith('.fifo');
  const { QueueUrl } = await sqs.createQueue({ QueueName, Attributes: fifo ? { FifoQueue: 'true' } : {} });
  const { Attributes } = await sqs.getQueueAttributes({ QueueUrl, AttributeNames: ['QueueArn'] });
  const Endpoint = Attributes!.QueueArn!;
  if (open) {
    const statement = {
      Effect: 'Allow',
      Principal: { Service: 'sns.amazonaws.com' },
      Action: 'sqs:SendMessage',
      Resource: Endpoint,
      Condition: { ArnEquals: { 'aws:SourceArn': TopicArn } },
    };
    const Policy = JSON.stringify({ Version: '2012-10-17', Statement: [statement] });
    await sqs.setQueueAttributes({ QueueUrl, Attributes: { Policy } });
  }
  const { SubscriptionArn } = await sns.subscribe({ TopicArn, Protocol: 'sqs', Endpoint, Attributes: attributes });
  return { QueueUrl: QueueUrl!, SubscriptionArn: SubscriptionArn!, QueueArn: Endpoint };
}

/** All that can be received now, deleted as it comes. */
export async function receiveAll({ root: { sqs } }: Cloud, QueueUrl: string): Promise<Message[]> {
  const all: Message[] = [];
  for (;;) {
    const { Messages = [] } = await sqs.receiveMessage({
      QueueUrl,
      MaxNumberOfMessages: 10,
      MessageAttributeNames: ['All'],
      MessageSystemAttributeNames: ['All'],
    });
    if (Messages.length === 0) return all;
    for (const { ReceiptHandle } of Messages) await sqs.deleteMessage({ QueueUrl, ReceiptHandle });
    all.push(...Messages);
  }
}
