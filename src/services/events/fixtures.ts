/** What the tests of EventBridge have in common. */
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import type { Clients, Cloud } from '../../testing/cloud.ts';

export const ACCOUNT = '111122223333';

/** A queue that EventBridge may send to, and what is in it. */
export async function queue(clients: Clients, name: string, principals: object = { Service: 'events.amazonaws.com' }) {
  const Attributes = name.endsWith('.fifo') ? { FifoQueue: 'true', ContentBasedDeduplication: 'true' } : undefined;
  const { QueueUrl } = await clients.sqs.createQueue({ QueueName: name, Attributes });
  const named = await clients.sqs.getQueueAttributes({ QueueUrl, AttributeNames: ['QueueArn'] });
  const arn = named.Attributes!.QueueArn!;
  const Policy = JSON.stringify({
    Version: '2012-10-17',
    Statement: { Effect: 'Allow', Principal: principals, Action: 'sqs:SendMessage', Resource: arn },
  });
  await clients.sqs.setQueueAttributes({ QueueUrl, Attributes: { Policy } });
  return { arn, url: QueueUrl!, received: () => received(clients, QueueUrl!) };
}

/** All that is in a queue, taken out. */
async function received(clients: Clients, QueueUrl: string) {
  const all = [];
  for (;;) {
    const { Messages = [] } = await clients.sqs.receiveMessage({
      QueueUrl,
      MaxNumberOfMessages: 10,
      MessageAttributeNames: ['All'],
      MessageSystemAttributeNames: ['All'],
    });
    if (Messages.length === 0) return all;
    for (const message of Messages) {
      all.push(message);
      await clients.sqs.deleteMessage({ QueueUrl, ReceiptHandle: message.ReceiptHandle });
    }
  }
}

export const bodies = (messages: readonly { Body?: string | undefined }[]) =>
  messages.map(({ Body }) => JSON.parse(Body!));

export const put = ({ root }: Pick<Cloud, 'root'>, detail: object, more: object = {}) =>
  root.events.putEvents({
    Entries: [{ Source: 'my.app', DetailType: 'Order', Detail: JSON.stringify(detail), ...more }],
  });

export const MY_APP = '{"source":["my.app"]}';

/** A role that a service may assume, with these permissions. */
export async function roleFor(clients: Clients, name: string, service: string, statement: object, condition?: object) {
  const { Role } = await clients.iam.createRole({
    RoleName: name,
    AssumeRolePolicyDocument: JSON.stringify({
      Version: '2012-10-17',
      Statement: {
        Effect: 'Allow',
        Principal: { Service: service },
        Action: 'sts:AssumeRole',
        ...(condition && { Condition: condition }),
      },
    }),
  });
  await clients.iam.putRolePolicy({
    RoleName: name,
    PolicyName: 'may',
    PolicyDocument: JSON.stringify({ Version: '2012-10-17', Statement: { Effect: 'Allow', ...statement } }),
  });
  return Role!.Arn!;
}

/** The attributes of a dead letter. */
export const attributesOf = (message: {
  MessageAttributes?: Record<string, { StringValue?: string | undefined }> | undefined;
}) =>
  Object.fromEntries(
    Object.entries(message.MessageAttributes ?? {}).map(([name, { StringValue }]) => [name, StringValue]),
  );

export interface Received {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export type Answerer = (request: Received) => { status: number; body?: string; headers?: Record<string, string> };

/** A server of somebody else's, on this machine. */
export async function endpoint(t: TestContext, answer: Answerer) {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => (body += chunk));
    request.on('end', () => {
      const one = { method: request.method!, url: request.url!, headers: request.headers, body };
      received.push(one);
      const { status, body: text = '', headers = {} } = answer(one);
      response.writeHead(status, headers).end(text);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  return { received, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

/** A trail that logs in one Region, named after it. */
export async function loggingTrail(cloud: Cloud, region: string): Promise<void> {
  const Bucket = `logs-${region}`;
  const { s3 } = cloud.root;
  await s3.createBucket({ Bucket });
  const Statement = { Effect: 'Allow', Principal: { Service: 'cloudtrail.amazonaws.com' }, Action: 's3:*' };
  const Resource = [`arn:aws:s3:::${Bucket}`, `arn:aws:s3:::${Bucket}/*`];
  const Policy = JSON.stringify({ Version: '2012-10-17', Statement: { ...Statement, Resource } });
  await s3.putBucketPolicy({ Bucket, Policy });
  const { cloudtrail } = cloud.as(await cloud.keyFor(cloud.managementAccount), region);
  await cloudtrail.createTrail({ Name: region, S3BucketName: Bucket });
  await cloudtrail.startLogging({ Name: region });
}
